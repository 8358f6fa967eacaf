import CachePlanning
import Checkpoints
import Models
import Schedulers
import TestSupport
import Testing
import Transport

@testable import Sampling

/// Which draws of an image's generator go where.
@Suite(.serialized)
struct NoiseTests {
    /// Hands on the noise that it is given, so that a latent shows it.
    private struct NoiseShowing: Scheduler {
        let drawing: [Bool]
        var timesteps: [Double] { drawing.indices.reversed().map(Double.init) }
        func noiseDraws(atStep step: Int) -> Int { drawing[step] ? 1 : 0 }
        func scales(beforeStep i: Int) -> (signal: Double, noise: Double) { (1, 0) }
        func step(
            _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
            history: inout SchedulerHistory
        ) { sample = noise ?? sample.map { _ in -1 } }
    }

    @Test(arguments: [3, 18, 72])
    func firstDrawIsTheLatentAndEachDrawingStepTakesOne(count: Int) {
        let hook = OutputHook(NoiseCorrector(.none(steps: 3), channels: 1, height: 1, width: count))
        var generator = TorchGenerator(seed: 5)
        let draws = (0..<4).map { _ in generator.normals(count) }
        let scheduler = NoiseShowing(drawing: [true, false, true, true])
        let prediction = Prediction(output: Array(repeating: 0, count: count), variance: nil)
        var trajectory = Trajectory(seed: 5, count: count, initial: nil)
        #expect(trajectory.latent == draws[0])
        trajectory.advance(0, computed: prediction, shadow: nil, source: .none, through: hook, by: scheduler)
        #expect(trajectory.latent == draws[1])
        trajectory.advance(1, computed: prediction, shadow: nil, source: .none, through: hook, by: scheduler)
        #expect(trajectory.latent == Array(repeating: -1, count: count))
        trajectory.advance(2, computed: prediction, shadow: nil, source: .none, through: hook, by: scheduler)
        #expect(trajectory.latent == draws[2])
    }

    /// Reused steps draw as computed ones do.
    @Test(arguments: [3, 72])
    func reusedStepsDrawTheirOwn(count: Int) {
        let hook = OutputHook(NoiseCorrector(.none(steps: 3), channels: 1, height: 1, width: count))
        var generator = TorchGenerator(seed: 6)
        let draws = (0..<4).map { _ in generator.normals(count) }
        let scheduler = NoiseShowing(drawing: [true, true, true])
        let prediction = Prediction(output: Array(repeating: 0, count: count), variance: nil)
        var trajectory = Trajectory(seed: 6, count: count, initial: Array(repeating: 1, count: count))
        #expect(trajectory.latent == Array(repeating: 1, count: count))
        trajectory.advance(0, computed: prediction, shadow: nil, source: .none, through: hook, by: scheduler)
        #expect(trajectory.latent == draws[1])
        trajectory.advance(1, corrected: prediction, by: scheduler)
        #expect(trajectory.latent == draws[2])
        trajectory.advance(2, computed: prediction, shadow: nil, source: .none, through: hook, by: scheduler)
        #expect(trajectory.latent == draws[3])
    }

    /// Latents that equal the drawn ones change nothing, not even the noise that later steps draw.
    @Test(arguments: [SchedulerConfiguration.unclipped(.ddim), .unclipped(.ddpm)])
    func givenLatentsStandInForTheFirstDraw(_ scheduler: SchedulerConfiguration) throws {
        let model = try TestModel()
        let run = try model.run(.of("CCRC"), scheduler: scheduler)
        let side = model.configuration.latents.height
        let drawn = run.images.map { image in
            var generator = TorchGenerator(seed: image.seed)
            return generator.normals(model.configuration.latents.channels * side * side)
        }
        let expected = try model.drawAlone(run)
        let others = drawn.map { $0.map { $0 + 0.5 } }
        #expect(try model.drawAlone(run, initialLatents: others) != expected)
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let drawing = try model.draw(
                run.over(communicator.size), on: communicator, initialLatents: drawn)
            if let drawing { try check(drawing == expected, "given latents") }
        }
    }
}
