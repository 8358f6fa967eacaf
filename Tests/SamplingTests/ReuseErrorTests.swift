import Schedulers
import Testing

@testable import CachePlanning
@testable import Sampling

/// What a correction subtracts, and when it learns it.
@Suite(.serialized)
struct ReuseErrorTests {
    /// Ends each step at what it was told of the noise.
    private struct OutputShowing: Scheduler {
        let timesteps: [Double] = [3, 2, 1, 0]
        func noiseDraws(atStep step: Int) -> Int { 0 }
        func scales(beforeStep i: Int) -> (signal: Double, noise: Double) { (1, 0) }
        func step(
            _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
            history: inout SchedulerHistory
        ) { sample = modelOutput }
    }

    private static let gamma: [Double] = [0, 0, 0.5, 0.25]

    private func hook(_ source: CorrectionSource) -> OutputHook {
        OutputHook(
            NoiseCorrector(
                NoiseCorrection(source: source, gamma: Self.gamma, filter: .identity), channels: 1, height: 1,
                width: 2))
    }

    private func prediction(_ a: Float, _ b: Float) -> Prediction {
        Prediction(output: [a, b], variance: nil)
    }

    /// Steps 0 and 1 computed, 2 and 3 reused.
    private func latents(_ source: CorrectionSource, shadow: Prediction?) -> [[Float]] {
        let scheduler = OutputShowing()
        var trajectory = Trajectory(seed: 0, count: 2, initial: nil)
        trajectory.advance(
            0, computed: prediction(1, 2), shadow: nil, source: source, through: hook(source),
            by: scheduler)
        trajectory.advance(
            1, computed: prediction(5, 8), shadow: shadow, source: source, through: hook(source),
            by: scheduler)
        return [2, 3].map { step in
            var corrected = prediction(10, 20)
            trajectory.correct(&corrected, step: step, through: hook(source))
            trajectory.advance(step, corrected: corrected, by: scheduler)
            return trajectory.latent
        }
    }

    @Test func shadowSubtractsAShareOfWhatReuseWouldHaveGotWrong() {
        // Reuse would have said (7, 4) where the model said (5, 8): wrong by (2, −4).
        #expect(latents(.shadow, shadow: prediction(7, 4)) == [[9, 22], [9.5, 21]])
    }

    @Test func previousOutputSubtractsAShareOfTheChange() {
        // From (1, 2) to (5, 8): the one before was wrong by (−4, −6).
        #expect(latents(.previousOutput, shadow: nil) == [[12, 23], [11, 21.5]])
    }

    @Test func withoutASourceReuseIsPlain() {
        #expect(latents(.none, shadow: nil) == [[10, 20], [10, 20]])
    }

    @Test func stepWithoutShadowPassLeavesNothingToSubtract() {
        #expect(latents(.shadow, shadow: nil) == [[10, 20], [10, 20]])
    }
}
