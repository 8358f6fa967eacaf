/// Reuses where the output changed least from the step before: the local rule that OmniCache argues against.
///
/// Score of step i: ‖ε_i − ε_{i−1}‖ / ‖ε_{i−1}‖ of the guided prediction in a run with every step computed,
/// averaged over the calibration's trajectories; step 0 takes step 1's. The mask has the lowest sum of scores
/// that the rules allow.
public struct SimilarityPolicy: CachePolicy {
    /// `similarity`.
    public var name: PolicyName { .similarity }

    static let description = PolicyDescription(
        "reuse where the output changed least from the step before", options: [.budget],
        needsCalibration: true, .steps { _, _ in SimilarityPolicy() })

    /// The policy.
    public init() {}

    /// The mask of lowest summed change; it needs calibration.
    public func select(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> PolicySelection {
        let scores = try needed(calibration).meanOutputChange
        return PolicySelection(
            mask: try selectReusedSteps(lowestOf: scores, steps: steps, rules: rules), scores: scores)
    }
}
