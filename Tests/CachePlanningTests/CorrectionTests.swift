import CachePlanning
import TestSupport
import Testing

@Suite(.serialized)
struct CorrectionTests {
    /// A run of whole-number outputs in which reuse of age a at step i goes wrong by `planted[i]` times what the
    /// shadow pass of the last computed step measures.
    private func plantedRun(_ mask: ReuseMask, _ planted: [Float]) throws -> CalibrationSummary {
        var accumulator = CalibrationAccumulator(
            steps: mask.steps, channels: 1, height: 4, width: 4,
            schedulerGains: Array(repeating: 1, count: mask.steps))
        var numbers = SeededNumbers(seed: 11)
        let noise = numbers.array(16)
        for step in 0..<mask.steps {
            let output = numbers.array(16)
            var reused: [Int: [Float]] = [:]
            for age in 1...3 where age <= step {
                // At reused steps the planted multiple, at computed ones the noise itself.
                let factor = mask.computed[step] ? 1 : planted[step]
                reused[age] = zip(output, noise).map { $0 + factor * $1 }
            }
            accumulator.record(step: step, output: output, reusedOutputs: reused)
            accumulator.record(point: step, values: numbers.array(16))
        }
        accumulator.record(point: mask.steps, values: numbers.array(16))
        return try accumulator.finish()
    }

    private func plan(
        _ summary: CalibrationSummary, policy: PolicyName = .uniform, choice: CorrectionChoice = .measuredBest
    ) throws -> CachePlan {
        try CachePlan.make(
            policy: policy, rules: .init(preset: .slow), correction: choice,
            for: subject(steps: summary.steps),
            calibration: summary)
    }

    @Test func gammaRecoversAPlantedCoefficient() throws {
        let mask = try UniformPolicy().select(steps: 14, rules: .init(preset: .slow), calibration: nil).mask
        let planted = (0..<14).map { mask.computed[$0] ? 0 : 0.3 + 0.02 * Float($0) }
        let plan = try plan(plantedRun(mask, planted), choice: .fixed(.shadow, filtered: false))
        #expect(plan.mask == mask)
        for step in 0..<14 {
            #expect(abs(plan.correction.gamma[step] - Double(planted[step])) < 1e-5, "step \(step)")
            #expect(plan.expectedError[step] < 1e-5)
        }
    }

    @Test(arguments: [(-0.5, 0.0), (100, 4)])
    func gammaIsBoundedByTwiceAgeOverSpacing(planted: Float, bound: Double) throws {
        let mask = try LatePolicy().select(steps: 12, rules: .init(preset: .slow), calibration: nil).mask
        let summary = try plantedRun(mask, Array(repeating: planted, count: 12))
        let plan = try CachePlan.make(
            policy: .late, rules: .init(preset: .slow), correction: .fixed(.shadow, filtered: false),
            for: subject(steps: 12), calibration: summary)
        for step in 0..<12 where !mask.computed[step] {
            let computed = try #require(mask.lastComputed(before: step))
            let spacing = try #require(mask.spacing(of: computed))
            let most = bound * Double(mask.age(of: step)) / Double(spacing) / 2
            #expect(plan.correction.gamma[step] == most)
        }
    }

    @Test(arguments: [CorrectionSource.shadow, .previousOutput], [false, true])
    func expectedErrorIsWhatTheCorrectionLeaves(source: CorrectionSource, filtered: Bool) throws {
        let trajectory = SyntheticTrajectory(steps: 14, seed: 2)
        let plan = try plan(trajectory.summary(), choice: .fixed(source, filtered: filtered))
        let corrector = NoiseCorrector(plan.correction, channels: 2, height: 3, width: 5)
        let mask = plan.mask
        for step in 0..<14 where !mask.computed[step] {
            let age = mask.age(of: step)
            let from = step - age
            let spacing = try #require(mask.spacing(of: from))
            let old =
                source == .shadow
                ? trajectory.reused(step: from, age: spacing) : trajectory.outputs[from - spacing]
            var corrected = trajectory.reused(step: step, age: age)
            corrector.correct(
                &corrected, step: step, lastQ: zip(old, trajectory.outputs[from]).map { $0 - $1 })
            let found = relativeDifference(corrected, trajectory.outputs[step])
            #expect(abs(found - plan.expectedError[step]) < 1e-4 * max(found, 0.01), "step \(step)")
        }
    }

    @Test func correctionNeverExpectsMoreErrorThanPlainReuse() throws {
        let summary = try syntheticSummary(steps: 20)
        let plain = try plan(summary, choice: .fixed(.none, filtered: false))
        for choice in [
            CorrectionChoice.measuredBest, .fixed(.shadow, filtered: true),
            .fixed(.previousOutput, filtered: true),
        ] {
            for (a, b) in zip(try plan(summary, choice: choice).expectedError, plain.expectedError) {
                #expect(a <= b + 1e-12)
            }
        }
    }

    @Test func theBestMeasuredLeavesLeast() throws {
        let summary = try syntheticSummary(steps: 20)
        func left(_ choice: CorrectionChoice) throws -> Double {
            try plan(summary, choice: choice).expectedError.reduce(0) { $0 + $1 * $1 }
        }
        let best = try left(.measuredBest)
        for source in CorrectionSource.allCases {
            for filtered in [false, true] { #expect(try best <= left(.fixed(source, filtered: filtered))) }
        }
    }

    @Test func previousOutputWithUnitGammaIsLinearExtrapolation() throws {
        // Output-level reuse of a run that is a straight line: the fit must find the extrapolation.
        var accumulator = CalibrationAccumulator(
            steps: 7, channels: 1, height: 2, width: 3, schedulerGains: Array(repeating: 1, count: 7))
        func output(_ step: Int) -> [Float] { (0..<6).map { Float($0) + 0.25 * Float(step) * Float(2 - $0) } }
        for step in 0..<7 {
            let ages = (1...3).filter { $0 <= step }
            accumulator.record(
                step: step, output: output(step),
                reusedOutputs: Dictionary(uniqueKeysWithValues: ages.map { ($0, output(step - $0)) }))
            accumulator.record(point: step, values: output(step))
        }
        accumulator.record(point: 7, values: output(7))
        let plan = try CachePlan.make(
            policy: .late, rules: .init(reuseFraction: 2.0 / 7),
            correction: .fixed(.previousOutput, filtered: false),
            for: subject(steps: 7), calibration: accumulator.finish())
        #expect(plan.mask.runs == [4..<6])
        #expect(plan.correction.gamma == [0, 0, 0, 0, 1, 2, 0])
        let corrector = NoiseCorrector(plan.correction, channels: 1, height: 2, width: 3)
        let q = zip(output(2), output(3)).map { $0 - $1 }
        let extrapolated = zip(output(3), output(2)).map { $0 + ($0 - $1) }
        for (step, expected) in [(4, extrapolated), (5, output(5))] {
            var corrected = output(3)
            corrector.correct(&corrected, step: step, lastQ: q)
            #expect(corrected == expected)
        }
    }

    @Test func gammaZeroLeavesTheReusedOutputAlone() {
        let corrector = NoiseCorrector(.none(steps: 3), channels: 1, height: 1, width: 2)
        var output: [Float] = [1, -0.1]
        corrector.correct(&output, step: 2, lastQ: [5, .nan])
        #expect(output == [1, -0.1])
    }

    @Test func ageBeyondTheCalibrationGetsNoCorrection() throws {
        let plan = try CachePlan.make(
            policy: .late, rules: .init(reuseFraction: 6.0 / 13, maximumRun: 6),
            correction: .fixed(.shadow, filtered: false), for: subject(steps: 13),
            calibration: syntheticSummary(steps: 13))
        #expect(plan.mask.runs == [6..<12])
        #expect(plan.correction.gamma[6..<10].allSatisfy { $0 > 0 })
        #expect(plan.correction.gamma[10..<12] == [0, 0])
    }

    @Test func theFirstComputedStepMeasuresNothing() throws {
        let plan = try CachePlan.make(
            policy: .uniform, rules: .init(reuseFraction: 0.5, protectedFirst: 1), for: subject(steps: 8),
            calibration: syntheticSummary(steps: 8))
        #expect(plan.mask.computed[1] == false)
        #expect(plan.correction.gamma[1] == 0)
    }
}
