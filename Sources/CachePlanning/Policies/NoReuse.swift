/// Computes every step, whatever the budget.
public struct NoReuse: CachePolicy {
    /// `none`.
    public var name: PolicyName { .none }

    static let description = PolicyDescription(
        "compute every step", options: [], needsCalibration: false, .steps { _, _ in NoReuse() })

    /// The policy.
    public init() {}

    /// The mask without a reused step.
    public func select(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> PolicySelection {
        PolicySelection(mask: .allComputed(steps: steps), scores: Array(repeating: 0, count: steps))
    }
}
