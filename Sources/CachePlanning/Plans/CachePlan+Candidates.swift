extension CachePlan {
    /// The plans that are worth drawing with before one is chosen, the most promising first: one for each mask that the
    /// policy proposes, all different.
    /// - Throws: as `make` does.
    public static func candidates(
        policy: PolicyName, rules: SelectionRules, score: CurvatureMeasure = .turn,
        reuseOf: ReusedPart = .residual, for run: PlanSubject,
        calibration: CalibrationSummary, seed: UInt64 = 0
    ) throws(PlanError) -> [CachePlan] {
        let first = try make(
            policy: policy, rules: rules, score: score, reuseOf: reuseOf, for: run, calibration: calibration,
            seed: seed)
        let selections = try policy.policy(score: score)?.selections(
            steps: run.steps, rules: rules, calibration: calibration)
        var plans = [first]
        for selection in selections ?? []
        where !plans.contains(where: { $0.mask == selection.mask }) {
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
