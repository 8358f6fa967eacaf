extension CachePlan {
    /// Plans that ``candidates(policy:rules:score:reuseOf:for:calibration:seed:)`` makes of `planned`, at most.
    public static var mostMasks: Int { mostErrorMasks + evenPowers.count }

    /// Masks of the error model that are drawn with: those behind are much like them.
    private static let mostErrorMasks = 3
    /// Even masks, and such that compute more densely the later it is.
    ///
    /// The error model adds up what each run of reused steps does by itself, and so does not see how errors of runs at
    /// even distances take each other back.
    private static let evenPowers = [1, 1.12, 1.25]

    /// The plans that are worth drawing with before one is chosen, the most promising first: of `planned` those of the
    /// corrections and orders of forecast that promise most, whose masks differ, and those of even masks; of other policies
    /// the one there is.
    /// - Throws: as `make` does.
    public static func candidates(
        policy: PolicyName, rules: SelectionRules, score: CurvatureMeasure = .turn,
        reuseOf: ReusedPart = .residual, for run: PlanSubject,
        calibration: CalibrationSummary, seed: UInt64 = 0
    ) throws(PlanError) -> [CachePlan] {
        let first = try make(
            policy: policy, rules: rules, score: score, reuseOf: reuseOf, for: run, calibration: calibration,
            seed: seed)
        guard policy == .planned else { return [first] }
        var selections = Array(
            try ErrorPolicy().selections(steps: run.steps, rules: rules, calibration: calibration)
                .prefix(mostErrorMasks))
        for power in evenPowers {
            selections.append(
                try UniformPolicy(power: power).select(
                    steps: run.steps, rules: rules, calibration: calibration))
        }
        var plans = [first]
        for selection in selections where !plans.contains(where: { $0.mask == selection.mask }) {
            let fit = NoiseFit(selection.mask, calibration, .measuredBest)
            plans.append(
                try CachePlan(
                    policy: policy, subject: run, mask: selection.mask, reuseOf: reuseOf,
                    scores: selection.scores, correction: fit.correction, expectedError: fit.expectedError,
                    predictedError: fit.predictedError, predictedSpread: fit.predictedSpread,
                    calibration: Calibration(trajectories: calibration.trajectories, seed: seed)
                ).checked())
        }
        return plans
    }
}
