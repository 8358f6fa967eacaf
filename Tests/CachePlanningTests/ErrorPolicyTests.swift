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

    /// Over every correction and every order of forecast, as plans are chosen that say nothing of either.
    @Test(arguments: [0.3, 0.4])
    func findsTheCheapestOfAllCorrectionsAndForecasts(fraction: Double) throws {
        let rules = SelectionRules(reuseFraction: fraction)
        let summary = try syntheticSummary(steps: 13)
        let models = CorrectionChoice.measuredBest.models(summary)
        #expect(Set(models.map(\.forecastOrder)) == [0, 1, 2])
        let legal = legalMasks(steps: 13, rules: rules)
        let found = try ErrorPolicy().errorMasks(steps: 13, rules: rules, calibration: summary)
        let cheapest = try models.map { model in
            let cheapest = try #require(legal.map { model.endEnergy(of: $0) }.min())
            let own = try #require(found.map { model.endEnergy(of: $0.mask) }.min())
            #expect(abs(own - cheapest) <= 1e-12 * cheapest, "\(model.source), order \(model.forecastOrder)")
            return cheapest
        }
        // The first is the cheapest of all.
        let best = try #require(models.map { $0.endEnergy(of: found[0].mask) }.min())
        #expect(abs(best - (cheapest.min() ?? 0)) <= 1e-12 * best)
    }

    /// What is drawn with before a plan is chosen: the model's masks first, then even ones; each once, all of them legal.
    @Test(arguments: [0.3, 0.5, 0.6])
    func evenMasksAreDrawnWithToo(fraction: Double) throws {
        let rules = SelectionRules(reuseFraction: fraction)
        let plans = try CachePlan.candidates(
            policy: .planned, rules: rules, for: subject(steps: 30), calibration: syntheticSummary(steps: 30))
        let masks = plans.map(\.mask)
        #expect(masks.count <= ErrorPolicy().mostSelections)
        #expect(Set(masks.map(\.computed)).count == masks.count)
        #expect(masks.allSatisfy { keeps($0, rules) && $0.reusedCount == rules.budget(steps: 30) })
        let found = try ErrorPolicy().select(
            steps: 30, rules: rules, calibration: syntheticSummary(steps: 30))
        #expect(masks.first == found.mask)
        let even = try UniformPolicy().select(steps: 30, rules: rules, calibration: nil)
        #expect(masks.contains(even.mask))
    }

    @Test func takesTheCorrectionThatLeavesLeast() throws {
        let summary = try syntheticSummary(steps: 20)
        let rules = SelectionRules(preset: .slow)
        let free = try CachePlan.make(
            policy: .planned, rules: rules, for: subject(steps: 20), calibration: summary)
        for model in CorrectionChoice.measuredBest.models(summary) where model.forecastOrder == 0 {
            let fixed = try CachePlan.make(
                policy: .planned, rules: rules, correction: .fixed(model.source, filtered: model.filtered),
                for: subject(steps: 20), calibration: summary)
            #expect(free.predictedError <= fixed.predictedError)
        }
        #expect(free.predictedError > 0)
    }

    /// The same trajectory again is no other error; one that reuse harms more is.
    @Test func theSpreadIsThatOfTheTrajectories() throws {
        func plan(_ parts: [CalibrationSummary]) throws -> CachePlan {
            var sum = try #require(parts.first)
            for part in parts.dropFirst() { sum.merge(part) }
            return try CachePlan.make(
                policy: .planned, rules: .init(preset: .slow), for: subject(steps: 12), calibration: sum)
        }
        let one = try SyntheticTrajectory(steps: 12, seed: 1).summary()
        let alike = try plan([one, one])
        #expect(alike.predictedError > 0 && alike.predictedSpread < 1e-9 * alike.predictedError)
        // Four times the error in a picture of the same size: the root of the mean square of 1 and 4, spread by 1.5.
        var worse = one
        worse.reuseEnergies = one.reuseEnergies.map { 16 * $0 }
        worse.reuseEnergiesOfEach = [worse.reuseEnergies]
        worse.forecastEnergies = one.forecastEnergies.map { $0.map { 16 * $0 } }
        for index in worse.correlations.indices {
            worse.correlations[index].crosses = one.correlations[index].crosses.map { 16 * $0 }
            worse.correlations[index].energies = one.correlations[index].energies.map { 16 * $0 }
        }
        let uneven = try plan([one, worse])
        #expect(abs(uneven.predictedError / alike.predictedError - 8.5.squareRoot()) < 1e-9)
        #expect(abs(uneven.predictedSpread / alike.predictedError - 1.5) < 1e-9)
    }

    /// A plan of before the prediction was kept is still one.
    @Test func readsAPlanWithoutAPrediction() throws {
        let plan = try CachePlan.make(
            policy: .planned, rules: .init(preset: .slow), for: subject(steps: 12),
            calibration: syntheticSummary(steps: 12))
        var object = try #require(
            try JSONSerialization.jsonObject(with: Data(plan.json())) as? [String: Any])
        object["predictedError"] = nil
        object["predictedSpread"] = nil
        let read = try CachePlan(json: [UInt8](JSONSerialization.data(withJSONObject: object)))
        #expect(read.mask == plan.mask && read.predictedError == 0 && read.predictedSpread == 0)
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
        sum.reuseEnergiesOfEach = other.reuseEnergiesOfEach
        sum.finalEnergies = other.finalEnergies
        sum.correlations = other.correlations
        return sum
    }
}
