import CachePlanning
import Testing

@Suite(.serialized)
struct CorrectionLimitsTests {
    private static let policies: [(PolicyName, CurvatureMeasure)] = [
        (.uniform, .turn), (.late, .turn), (.similarity, .turn), (.magcache, .turn), (.planned, .turn),
        (.omnicache, .turn), (.omnicache, .menger),
    ]

    private func plan(
        _ policy: (PolicyName, CurvatureMeasure), _ limits: CorrectionLimits, _ summary: CalibrationSummary?
    ) throws -> CachePlan {
        try CachePlan.make(
            policy: policy.0, rules: .init(preset: .slow), score: policy.1, correction: limits,
            for: subject(steps: summary?.steps ?? 20), calibration: summary)
    }

    @Test(arguments: policies) func noneSaidIsTheMeasuredBest(policy: (PolicyName, CurvatureMeasure)) throws {
        let summary = try syntheticSummary(steps: 20)
        let best = try CachePlan.make(
            policy: policy.0, rules: .init(preset: .slow), score: policy.1, for: subject(steps: 20),
            calibration: summary)
        #expect(best.correction.source != .none)
        #expect(try plan(policy, CorrectionLimits(), summary) == best)
    }

    @Test(arguments: policies) func whatIsSaidIsKept(policy: (PolicyName, CurvatureMeasure)) throws {
        let summary = try syntheticSummary(steps: 20)
        for source in [CorrectionSource.shadow, .previousOutput] {
            for filtered in [false, true] {
                let correction = try plan(
                    policy, CorrectionLimits(source: source, filtered: filtered), summary
                ).correction
                #expect(correction.source == source)
                #expect((correction.filter.kind == .lowThenHigh) == filtered)
                #expect(correction.gamma.contains { $0 != 0 })
            }
        }
        for filtered in [nil, false, true] {
            let limits = CorrectionLimits(source: CorrectionSource.none, filtered: filtered)
            #expect(try plan(policy, limits, summary).correction == .none(steps: 20))
        }
    }

    /// What is left open is what leaves least; a filter that is asked for is one that filters something.
    @Test(arguments: policies) func whatIsLeftOpenIsMeasured(policy: (PolicyName, CurvatureMeasure)) throws {
        let summary = try syntheticSummary(steps: 20)
        func left(_ source: CorrectionSource?, _ filtered: Bool?) throws -> Double {
            try plan(policy, CorrectionLimits(source: source, filtered: filtered), summary).predictedError
        }
        for source in [CorrectionSource.shadow, .previousOutput] {
            #expect(try left(source, nil) == min(left(source, false), left(source, true)))
        }
        for filtered in [false, true] {
            #expect(try left(nil, filtered) == min(left(.shadow, filtered), left(.previousOutput, filtered)))
        }
        let filtered = try plan(policy, CorrectionLimits(filtered: true), summary).correction
        #expect(filtered.filter.kind == .lowThenHigh && filtered.source != .none)
    }

    @Test func thereIsNoneWithoutCalibration() throws {
        let plan = try plan((.uniform, .turn), CorrectionLimits(source: .shadow), nil)
        #expect(plan.correction == .none(steps: 20))
    }
}
