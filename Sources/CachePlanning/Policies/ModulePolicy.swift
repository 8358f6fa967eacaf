/// A way to choose which modules of which blocks are computed at each step.
public protocol ModulePolicy: Sendable {
    /// Its name on the command line and in plans.
    var name: PolicyName { get }

    /// Chooses the masks of a run of `steps` steps with a model of `blocks` blocks.
    /// - Parameter changes: of a calibration of as many steps; only some policies need one.
    /// - Throws: `PlanError` (rules) for options out of range, (calibration).
    func modules(steps: Int, blocks: Int, changes: ModuleChanges?) throws(PlanError) -> ModulePlan

    /// All settings of its options that are worth a try in a run of `steps` steps with a model of `blocks` blocks.
    static func settings(steps: Int, blocks: Int, changes: ModuleChanges?) -> [any ModulePolicy]
}

/// From a computed step to the next: beyond the longest, a run of any length is hardly computed at all.
func intervals(steps: Int) -> ClosedRange<Int> { 1...max(1, min(steps, 32)) }

extension ModulePolicy {
    /// Throws unless an option has a value that makes sense.
    func check<T>(_ option: String, _ value: T, _ sound: Bool, _ expected: String) throws(PlanError) {
        guard sound else {
            throw PlanError(
                .rules, "policy \(name.rawValue): \(option): expected \(expected), found \(value)")
        }
    }
}

extension CachePlan {
    /// Makes a plan of modules.
    /// - Parameters:
    ///   - policy: who chooses.
    ///   - blocks: of the model.
    ///   - run: what the plan is for.
    ///   - changes: of a calibration of that run, where the policy needs one.
    ///   - seed: of the first calibrated trajectory.
    /// - Throws: `PlanError` (rules, calibration).
    public static func make(
        policy: any ModulePolicy, blocks: Int, for run: PlanSubject, changes: ModuleChanges? = nil,
        seed: UInt64 = 0
    ) throws(PlanError) -> CachePlan {
        let modules = try policy.modules(steps: run.steps, blocks: blocks, changes: changes)
        let zeros = Array(repeating: 0.0, count: run.steps)
        return try CachePlan(
            policy: policy.name, subject: run, mask: try modules.stepMask, modules: modules, scores: zeros,
            correction: NoiseCorrection.none(steps: run.steps), expectedError: zeros, predictedError: 0,
            predictedSpread: 0,
            calibration: Calibration(trajectories: changes?.trajectories ?? 0, seed: seed)
        ).checked()
    }
}
