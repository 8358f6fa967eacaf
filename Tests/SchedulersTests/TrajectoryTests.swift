import FoundationEssentials
import Schedulers
import TestSupport
import Testing

/// Whole trajectories of diffusers, noise included, with a linear stand-in for the model.
@Suite(.serialized) struct TrajectoryTests {
    struct File: Decodable {
        /// The stand-in's output is slope·x + offset.
        var slopes: [String: Float]
        /// One for each size of sample.
        var patterns: [Pattern]
        var trajectories: [Trajectory]
    }

    struct Pattern: Decodable {
        var offset: Data
        var variance: Data
    }

    struct Trajectory: Decodable {
        var kind: SchedulerConfiguration.Kind
        var steps: Int
        var seed: UInt64
        var count: Int
        var eta: Double
        var options: SchedulerOptions
        var timesteps: [Double]
        var states: Data

        var configuration: SchedulerConfiguration {
            var result = options.configuration(kind)
            result.eta = eta
            return result
        }
        var label: String { "\(kind.rawValue), \(steps) steps, \(options)" }
        /// The sample before each step and the final one.
        var samples: [[Float]] {
            let values = SchedulerGoldens.floats(states)
            return (0...steps).map { Array(values[($0 * count)..<(($0 + 1) * count)]) }
        }
    }

    static let files = ["ddim.json", "ddpm.json", "dpmsolver.json"]

    /// Runs a golden trajectory; `samples` replaces each step's own sample by the golden one.
    func run(
        _ golden: Trajectory, _ file: File, fromGoldenSamples: Bool, visit: (Int, [Float]) -> Void
    ) throws {
        let scheduler = try makeScheduler(golden.configuration, steps: golden.steps)
        #expect(scheduler.timesteps == golden.timesteps, "\(golden.label)")
        let slope = try #require(file.slopes[golden.configuration.prediction.rawValue])
        let pattern = try #require(file.patterns.first { $0.offset.count == 4 * golden.count })
        let offset = SchedulerGoldens.floats(pattern.offset)
        let variance = SchedulerGoldens.floats(pattern.variance)
        let samples = golden.samples
        var generator = TorchGenerator(seed: golden.seed)
        var history = SchedulerHistory()
        var sample = generator.normals(golden.count)
        visit(0, sample)
        for step in 0..<golden.steps {
            if fromGoldenSamples { sample = samples[step] }
            let noise = scheduler.noiseDraws(atStep: step) > 0 ? generator.normals(golden.count) : nil
            let output = zip(sample, offset).map { slope * $0 + $1 }
            scheduler.step(
                step, sample: &sample, modelOutput: output,
                variance: scheduler.readsVariance ? variance : nil, noise: noise, history: &history)
            visit(step + 1, sample)
        }
    }

    @Test("each step is diffusers' step", arguments: files)
    func steps(name: String) throws {
        let file = try SchedulerGoldens.read(name, as: File.self)
        for golden in file.trajectories {
            let samples = golden.samples
            try run(golden, file, fromGoldenSamples: true) { i, sample in
                expectClose(sample, samples[i], relative: 1e-6, "\(golden.label), x_\(i)")
            }
        }
    }

    @Test("a whole trajectory ends where diffusers' does", arguments: files)
    func trajectories(name: String) throws {
        let file = try SchedulerGoldens.read(name, as: File.self)
        for golden in file.trajectories {
            let samples = golden.samples
            try run(golden, file, fromGoldenSamples: false) { i, sample in
                guard i == golden.steps else { return }
                expectClose(sample, samples[i], relative: 1e-5, "\(golden.label), x_\(i)")
            }
        }
    }
}
