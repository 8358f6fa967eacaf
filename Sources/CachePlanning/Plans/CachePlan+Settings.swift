extension CachePlan {
    /// The plans of a policy that chooses steps, one for each setting of what it leaves open: what is worth drawing with
    /// before one is chosen.
    ///
    /// A policy that proposes several masks has those, one that is told a score its measures and the sources of its
    /// correction, one that has rules of its own those (``CachePolicy/rulesToTry(_:steps:)``). The others have nothing to
    /// set.
    /// - Parameters:
    ///   - rules: budget and rules; a longest run other than the usual one is kept by `magcache`, too.
    ///   - score: what `omnicache` scores by; none leaves it open.
    ///   - limits: of the correction.
    ///   - reuseOf: what reused steps take; the calibration must have measured the reuse of just that.
    /// - Throws: as ``make(policy:rules:score:correction:reuseOf:for:calibration:seed:)`` does.
    public static func settings(
        of policy: PolicyName, rules: SelectionRules, score: CurvatureMeasure?,
        correction limits: CorrectionLimits, reuseOf: ReusedPart = .residual, for run: PlanSubject,
        calibration: CalibrationSummary?, seed: UInt64 = 0
    ) throws(PlanError) -> [CachePlan] {
        func plan(
            _ rules: SelectionRules, _ score: CurvatureMeasure, _ limits: CorrectionLimits
        ) throws(PlanError) -> CachePlan {
            try make(
                policy: policy, rules: rules, score: score, correction: limits, reuseOf: reuseOf, for: run,
                calibration: calibration, seed: seed)
        }
        var plans: [CachePlan] = []
        if let calibration, let chooser = policy.policy() {
            if chooser.mostSelections > 1, limits == CorrectionLimits() {
                return try candidates(
                    policy: policy, rules: rules, reuseOf: reuseOf, for: run, calibration: calibration,
                    seed: seed)
            }
            if policy.description.options.contains(.score) {
                for measure in score.map({ [$0] }) ?? CurvatureMeasure.allCases {
                    for choice in limits.choices {
                        guard case .fixed(let source, let filtered) = choice else { continue }
                        plans.append(
                            try plan(rules, measure, CorrectionLimits(source: source, filtered: filtered)))
                    }
                }
            }
            for own in chooser.rulesToTry(rules, steps: run.steps) {
                let next = try plan(own, .turn, limits)
                if next.mask.reusedCount == rules.budget(steps: run.steps) { plans.append(next) }
            }
        }
        if plans.isEmpty { plans = [try plan(rules, score ?? .turn, limits)] }
        return plans.reduce(into: []) { kept, next in
            let isKnown = kept.contains { $0.mask == next.mask && $0.correction == next.correction }
            if !isKnown { kept.append(next) }
        }
    }
}
