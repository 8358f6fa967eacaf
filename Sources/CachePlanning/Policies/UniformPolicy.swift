/// Reuses at even distances, at any budget.
///
/// K reused steps are to lie at the middles of K equal parts of the W steps that are not protected,
/// first + (n + ½)·W/K − ½ for n = 0 … K−1; the mask is the one whose n-th reused steps have the least sum of
/// squared distances from there. It scores no step.
public struct UniformPolicy: CachePolicy {
    /// `uniform`.
    public var name: PolicyName { .uniform }

    static let description = PolicyDescription(
        "reuse at even distances", options: [.budget], needsCalibration: false,
        .steps { _, _ in UniformPolicy() })

    /// The policy.
    public init() {}

    /// The most even mask that the rules allow.
    public func select(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> PolicySelection {
        let budget = try rules.checkedBudget(steps: steps)
        let width = steps - rules.protectedFirst - rules.protectedLast
        let mask = try selectReusedSteps(steps: steps, rules: rules) { run in
            run.steps.reduce(0.0) { sum, step in
                let ordinal = run.reusedBefore + step - run.steps.lowerBound
                // 2K times the distance: whole numbers, so that equal sums are equal.
                let distance = 2 * budget * (step - rules.protectedFirst) + budget - (2 * ordinal + 1) * width
                return sum + Double(distance * distance)
            }
        }
        return PolicySelection(mask: mask, scores: Array(repeating: 0, count: steps))
    }
}
