/// Reuses where the sampling trajectory bends least: OmniCache (arXiv 2508.16212).
///
/// Score of step i: curvature of the trajectory at its point i, seen in the three-dimensional space of
/// ``TrajectoryGeometry``, averaged over the calibration's trajectories. The mask has the lowest sum of scores
/// that the rules allow.
///
/// What the authors' abstract and slides say: steps of low curvature are reused and those of high curvature computed,
/// under a budget over the whole trajectory, never three in a row; what is kept is attention's and MLP's activations
/// (``ReusedPart/modules``); the noise q = ε̃ − ε of reuse goes on as γ·q from step to step and is taken off
/// (``NoiseCorrection``). Second hand: the space is spanned by the direction from start to end and two principal axes,
/// and q is low-passed early, high-passed late (``FrequencyFilter``).
///
/// What is inferred, and ours: curvature as the turning angle, in x/√ᾱ; the exact search in place of the lowest first;
/// no phases unless they are asked for; q measured by a shadow pass or as the change of the output, whichever leaves less
/// in calibration; γ by least squares for each step and age; the filter's cosine basis, cut-off and middle step; the
/// current step's gates over kept outputs, as other caches of this architecture have them.
public struct CurvaturePolicy: CachePolicy {
    /// What the score measures.
    public var measure: CurvatureMeasure

    /// `omnicache`.
    public var name: PolicyName { .omnicache }

    static let description = PolicyDescription(
        "reuse where the sampling path bends least, and take the noise of it off (OmniCache)",
        from: "arXiv 2508.16212", options: [.budget, .score], needsCalibration: true, usualReuse: .modules,
        usualCorrection: .filtered,
        .steps { score, _ in CurvaturePolicy(measure: score) })

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
