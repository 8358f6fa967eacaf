/// A way to choose the steps to reuse.
public protocol CachePolicy: Sendable {
    /// Its name on the command line and in plans.
    var name: PolicyName { get }

    /// Chooses the mask of a run of `steps` steps.
    /// - Parameter calibration: of the same number of steps; only some policies need one.
    /// - Throws: `PlanError` (budget, rules, calibration).
    func select(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> PolicySelection

    /// Masks that are worth drawing with before one is chosen, the most promising first.
    /// - Throws: as `select` does.
    func selections(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> [PolicySelection]

    /// How many these are at most.
    var mostSelections: Int { get }

    /// All rules under which it may be tried where policies are compared; none: those that are asked for.
    func rulesToTry(_ rules: SelectionRules, steps: Int) -> [SelectionRules]
}

/// What a policy chose, and why.
public struct PolicySelection: Sendable, Equatable {
    /// The mask.
    public var mask: ReuseMask
    /// [S]: the score of each step, low = good to reuse; all 0 from a policy that scores nothing.
    public var scores: [Double]
}

extension CachePolicy {
    /// The one that it selects.
    public func selections(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> [PolicySelection] {
        [try select(steps: steps, rules: rules, calibration: calibration)]
    }

    /// 1.
    public var mostSelections: Int { 1 }

    /// None: most leave nothing open.
    public func rulesToTry(_ rules: SelectionRules, steps: Int) -> [SelectionRules] { [] }

    /// The calibration, or an error that says which policy lacks it.
    func needed(_ calibration: CalibrationSummary?) throws(PlanError) -> CalibrationSummary {
        guard let calibration, calibration.trajectories > 0 else {
            throw PlanError(.calibration, "policy \(name.rawValue): expected a calibration run, found none")
        }
        return calibration
    }
}
