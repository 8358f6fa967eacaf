import Platform

/// Reuses at even distances, at any budget.
///
/// K reused steps are to lie at W·((n + ½)/K)^p − ½ for n = 0 … K−1, counted from the first of the W steps that are not
/// protected: for p = 1 at the middles of K equal parts. The mask is the one whose n-th reused steps have the least sum
/// of squared distances from there. It scores no step.
public struct UniformPolicy: CachePolicy {
    /// p: above 1 more is reused early, and more computed late.
    let power: Double

    /// `uniform`.
    public var name: PolicyName { .uniform }

    static let description = PolicyDescription(
        "reuse at even distances", options: [.budget], needsCalibration: false,
        .steps { _, _ in UniformPolicy() })

    /// The policy of even distances, p = 1.
    public init() { power = 1 }

    /// Distances that grow or shrink along the run.
    init(power: Double) { self.power = power }

    /// The most even mask that the rules allow.
    public func select(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> PolicySelection {
        let budget = try rules.checkedBudget(steps: steps)
        let width = steps - rules.protectedFirst - rules.protectedLast
        // 2K times the places: whole numbers, so that equal sums are equal.
        let places = (0..<budget).map { ordinal in
            let share = pow((Double(ordinal) + 0.5) / Double(budget), power)
            return Int((2 * Double(budget * width) * share).rounded()) - budget
        }
        let mask = try selectReusedSteps(steps: steps, rules: rules) { run in
            run.steps.reduce(0.0) { sum, step in
                let ordinal = run.reusedBefore + step - run.steps.lowerBound
                let distance = 2 * budget * (step - rules.protectedFirst) - places[ordinal]
                return sum + Double(distance * distance)
            }
        }
        return PolicySelection(mask: mask, scores: Array(repeating: 0, count: steps))
    }
}
