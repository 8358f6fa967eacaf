import Foundation
import TestSupport
import Testing

@testable import Schedulers

/// The schedulers that solve in σ, each option of theirs at least once, against diffusers.
@Suite(.serialized) struct SigmaTrajectoryTests {
    struct File: Decodable {
        var trajectories: [Trajectory]
    }

    struct Trajectory: Decodable {
        var kind: SchedulerConfiguration.Kind
        var steps: Int
        var options: SchedulerOptions
        var length: Int?
        var even: Bool
        var timesteps: [Double]
        var sigmas: Data?
        /// The numbers of the samples that are kept.
        var kept: [Int]
        var states: Data

        var configuration: SchedulerConfiguration {
            var result = options.configuration(kind)
            result.flow?.dynamicShift?.length = length
            result.flow?.startsEvenly = even
            return result
        }
        var label: String { "\(kind.rawValue), \(steps) steps, \(configuration)" }
    }

    static let files = [
        "sigmas-flow-match-euler.json", "sigmas-unipc.json", "sigmas-euler.json", "sigmas-dpmsolver.json",
        "sigmas-dpmsolver-singlestep.json", "sigmas-ddim.json", "sigmas-cogvideox-ddim.json",
        "sigmas-cogvideox-dpm.json",
    ]
    static let count = 9

    static func read(_ name: String) throws -> [Trajectory] {
        let trajectories = try SchedulerGoldens.read(name, as: File.self).trajectories
        #expect(trajectories.count >= 4 && Set(trajectories.map(\.steps)) == [7, 27])
        return trajectories
    }

    @Test("timesteps are diffusers': whole ones equal, others to 1e-6", arguments: files)
    func timesteps(name: String) throws {
        for golden in try Self.read(name) {
            let found = try makeScheduler(golden.configuration, steps: golden.steps).timesteps
            #expect(found.count == golden.timesteps.count)
            for (step, (a, b)) in zip(found, golden.timesteps).enumerated() {
                #expect(
                    abs(a - b) <= (b == b.rounded() ? 0 : 1e-6 * b), "\(golden.label): \(a), \(b) at \(step)")
            }
        }
    }

    @Test("signal and noise are those of diffusers' σ, to 1e-6", arguments: files)
    func scales(name: String) throws {
        for golden in try Self.read(name) {
            guard let sigmas = golden.sigmas.map(SchedulerGoldens.floats) else { continue }
            let scheduler = try makeScheduler(golden.configuration, steps: golden.steps)
            for (step, sigma) in sigmas.map({ Double($0) }).enumerated() {
                let (signal, noise) = scheduler.scales(beforeStep: step)
                let isInverted = golden.options.invert_sigmas == true
                let expected =
                    golden.configuration.flow != nil
                    ? (isInverted ? (sigma, 1 - sigma) : (1 - sigma, sigma))
                    : golden.kind == .euler
                        ? (1, sigma)
                        : (1 / (1 + sigma * sigma).squareRoot(), sigma / (1 + sigma * sigma).squareRoot())
                // Of 1 − σ, σ's rounding is left.
                #expect(
                    abs(signal - expected.0) <= 1e-6 * expected.0 + 1e-7, "\(golden.label): signal at \(step)"
                )
                #expect(
                    abs(noise - expected.1) <= 1e-6 * expected.1 + 1e-7, "\(golden.label): noise at \(step)")
            }
        }
    }

    /// Euler from σ = 4096 rounds at 8e-6, UniPC's λ near σ = 1 at 5e-6; all others are within 2e-6.
    @Test("a whole trajectory is diffusers', to 1e-5", arguments: files)
    func samples(name: String) throws {
        for golden in try Self.read(name) {
            let scheduler = try makeScheduler(golden.configuration, steps: golden.steps)
            let offset = (1...Self.count).map { 0.1 * sin(Float($0) * 1.7) }
            var generator = TorchGenerator(seed: 11)
            var history = SchedulerHistory()
            var sample = generator.normals(Self.count).map { $0 * scheduler.initialNoiseScale }
            var found: [Float] = []
            for step in 0...golden.steps {
                if golden.kept.contains(step) { found += sample }
                if step == golden.steps { break }
                // The last of them.
                let noise = (0..<scheduler.noiseDraws(atStep: step)).map { _ in generator.normals(Self.count)
                }.last
                let divisor = scheduler.inputDivisor(atStep: step)
                let output = zip(sample, offset).map { 0.3 * ($0 / divisor) + $1 }
                scheduler.step(
                    step, sample: &sample, modelOutput: output, variance: nil, noise: noise, history: &history
                )
            }
            let expected = SchedulerGoldens.floats(golden.states)
            #expect(found.count == expected.count)
            for place in stride(from: 0, to: min(found.count, expected.count), by: Self.count) {
                expectClose(
                    Array(found[place..<place + Self.count]), Array(expected[place..<place + Self.count]),
                    relative: 1e-5, "\(golden.label), x_\(golden.kept[place / Self.count])")
            }
        }
    }

    @Test(
        "what a trajectory carries has the declared shape, and no more is needed to go on", arguments: files)
    func memory(name: String) throws {
        for golden in try Self.read(name) {
            let scheduler = try makeScheduler(golden.configuration, steps: golden.steps)
            var (history, sample): (SchedulerHistory, [Float]) = (SchedulerHistory(), [0.5, -1, 2])
            for step in 0..<golden.steps {
                var copy = (history: SchedulerHistory(arrays: history.arrays), sample: sample)
                let output = sample.map { 0.2 * $0 }
                scheduler.step(
                    step, sample: &sample, modelOutput: output, variance: nil, noise: [1, 0, -1],
                    history: &history)
                scheduler.step(
                    step, sample: &copy.sample, modelOutput: output, variance: nil, noise: [1, 0, -1],
                    history: &copy.history)
                #expect(copy.sample == sample && copy.history == history)
                #expect(history.arrays.map(\.count) == scheduler.remembered.map { _ in 3 })
            }
        }
    }
}
