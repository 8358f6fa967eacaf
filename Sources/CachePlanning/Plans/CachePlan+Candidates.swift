extension CachePlan {
    /// The plans that are worth drawing with before one is chosen, the most promising first: one for each mask that the
    /// policy proposes, all different.
    /// - Throws: as `make` does.
    public static func candidates(
        policy: PolicyName, rules: SelectionRules, score: CurvatureMeasure = .turn,
        reuseOf: ReusedPart = .residual, for run: PlanSubject,
        calibration: CalibrationSummary, seed: UInt64 = 0
    ) throws(PlanError) -> [CachePlan] {
        let chooser = try policy.choosing(
            score, .measuredBest, reuseOf: reuseOf, for: run, calibration)
        var plans: [CachePlan] = []
        for chosen in try chooser.selections(steps: run.steps, rules: rules, calibration: calibration)
        where !plans.contains(where: { $0.mask == chosen.mask }) {
            plans.append(
                try CachePlan(
                    chosen, of: policy, correction: .measuredBest, reuseOf: reuseOf, for: run,
                    calibration: calibration, seed: seed))
        }
        return plans
    }
}
