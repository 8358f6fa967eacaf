/// Reuses as late as the rules allow.
///
/// Score of step i: S − i. It stands for similarity-driven caches at their extreme, which put reuse where the
/// denoiser can no longer repair it (arXiv 2508.16212).
public struct LatePolicy: CachePolicy {
    /// `late`.
    public var name: PolicyName { .late }

    static let description = PolicyDescription(
        "reuse as late as the rules allow", options: [.budget], needsCalibration: false,
        .steps { _, _ in LatePolicy() })

    /// The policy.
    public init() {}

    /// The latest mask that the rules allow.
    public func select(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> PolicySelection {
        let scores = (0..<steps).map { Double(steps - $0) }
        return PolicySelection(
            mask: try selectReusedSteps(lowestOf: scores, steps: steps, rules: rules), scores: scores)
    }
}
