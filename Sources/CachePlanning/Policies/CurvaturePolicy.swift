/// Reuses where the sampling trajectory bends least: OmniCache (arXiv 2508.16212).
///
/// Score of step i: curvature of the trajectory at its point i, seen in the three-dimensional space of
/// ``TrajectoryGeometry``, averaged over the calibration's trajectories. The mask has the lowest sum of scores
/// that the rules allow. The paper's exact formula of curvature is not public; the turning angle is our default.
public struct CurvaturePolicy: CachePolicy {
    /// What the score measures.
    public var measure: CurvatureMeasure

    /// `omnicache`.
    public var name: PolicyName { .omnicache }

    /// The policy with the given measure of curvature.
    public init(measure: CurvatureMeasure = .turn) { self.measure = measure }

    /// The mask of lowest summed curvature; it needs calibration.
    public func select(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> PolicySelection {
        let scores = try needed(calibration).meanCurvature(measure)
        return PolicySelection(
            mask: try selectReusedSteps(lowestOf: scores, steps: steps, rules: rules), scores: scores)
    }
}
