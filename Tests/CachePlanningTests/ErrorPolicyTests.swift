import Foundation
import Testing

@testable import CachePlanning

@Suite(.serialized)
struct ErrorPolicyTests {
    /// Every mask of the budget that keeps the rules, by trying all.
    private func legalMasks(steps: Int, rules: SelectionRules) -> [ReuseMask] {
        (0..<(1 << (steps - 1))).compactMap { bits in
            let mask = try? ReuseMask(computed: [true] + (0..<(steps - 1)).map { bits >> $0 & 1 == 0 })
            return mask.flatMap {
                keeps($0, rules) && $0.reusedCount == rules.budget(steps: steps) ? $0 : nil
            }
        }
    }

    @Test(arguments: [(2, 1, 2), (3, 1, 2), (2, 2, 2), (2, 1, 1), (1, 1, 2)], [0.3, 0.4])
    func findsTheCheapestOfAllLegalMasks(rule: (run: Int, gap: Int, first: Int), fraction: Double) throws {
        let steps = 13
        let rules = SelectionRules(
            reuseFraction: fraction, maximumRun: rule.run, minimumGap: rule.gap, protectedFirst: rule.first)
        var summary = try syntheticSummary(steps: steps)
        let steep = (0..<steps).map { 1 + 20 / Double(1 + ($0 * 7 + 3) % steps) }
        summary = CalibrationSummary(steps: steps, filter: summary.filter, schedulerGains: steep)
            .taking(summary)
        let model = ReuseErrorModel(summary, source: .shadow, filtered: false)
        let legal = legalMasks(steps: steps, rules: rules)
        let cheapest = try #require(legal.map { model.endEnergy(of: $0) }.min())
        let found = try ErrorPolicy(correction: .fixed(.shadow, filtered: false))
            .select(steps: steps, rules: rules, calibration: summary)
        #expect(abs(model.endEnergy(of: found.mask) - cheapest) <= 1e-12 * cheapest)
        #expect(keeps(found.mask, rules))
    }

    @Test func takesTheCorrectionThatLeavesLeast() throws {
        let summary = try syntheticSummary(steps: 20)
        let rules = SelectionRules(preset: .slow)
        let free = try CachePlan.make(
            policy: .omnicache, rules: rules, for: subject(steps: 20), calibration: summary)
        for model in CorrectionChoice.measuredBest.models(summary) {
            let fixed = try CachePlan.make(
                policy: .omnicache, rules: rules, correction: .fixed(model.source, filtered: model.filtered),
                for: subject(steps: 20), calibration: summary)
            #expect(free.predictedError <= fixed.predictedError)
        }
        #expect(free.predictedError > 0)
    }

    /// Each probe lets another share of the error through; of the four nearest the geometric mean counts by half.
    @Test func gainsAreThoseOfTheProbesNearby() {
        let steps = 9
        let gains = (0..<steps).map { Double($0 + 1) }
        var summary = CalibrationSummary(steps: steps, filter: .identity, schedulerGains: gains)
        #expect(summary.endGains == gains)
        let empty = summary
        for (step, share) in [(1, 0.5), (3, 2.0), (3, 8), (4, 1), (6, 0.25), (8, 4)] {
            let effect = 7 * share * share * gains[step] * gains[step]
            summary.merge(CalibrationSummary(probedStep: step, error: 7, effect: effect, like: empty))
        }
        // Shares near step 1: 1/2, 2, 8, 1, 1/4; near step 8: 2, 8, 1, 1/4, 4.
        #expect(abs(summary.endGains[1] - 2 * pow(2, 0.1)) < 1e-12)
        #expect(abs(summary.endGains[8] - 9 * pow(2, 0.4)) < 1e-12)
        #expect(summary.trajectories == 0)
        summary.merge(CalibrationSummary(probedStep: 5, error: 0, effect: 0, like: empty))
        for gain in summary.endGains { #expect(gain.isFinite) }
    }
}

extension CalibrationSummary {
    /// The sums of another summary under this one's gains.
    fileprivate func taking(_ other: CalibrationSummary) -> CalibrationSummary {
        var sum = self
        sum.trajectories = other.trajectories
        sum.curvatures = other.curvatures
        sum.outputChanges = other.outputChanges
        sum.outputEnergies = other.outputEnergies
        sum.reuseEnergies = other.reuseEnergies
        sum.finalEnergies = other.finalEnergies
        sum.correlations = other.correlations
        return sum
    }
}
