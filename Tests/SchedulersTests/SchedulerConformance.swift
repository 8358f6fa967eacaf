import Schedulers
import Testing

/// Expects of any scheduler what the sampling loop relies on.
func checkConformance(
    _ scheduler: any Scheduler, steps: Int, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let count = 17
    #expect(scheduler.timesteps.count == steps, "\(label)", sourceLocation: sourceLocation)
    #expect(
        zip(scheduler.timesteps, scheduler.timesteps.dropFirst()).allSatisfy { $0 >= $1 },
        "\(label): timesteps must not rise", sourceLocation: sourceLocation)
    let scales = (0...steps).map { scheduler.scales(beforeStep: $0) }
    let signals = scales.map(\.signal)
    #expect(
        zip(signals, signals.dropFirst()).allSatisfy { $0 <= $1 }
            && signals.allSatisfy { $0 >= 0 && $0 <= 1 },
        "\(label): the signal must grow to at most 1, \(signals)", sourceLocation: sourceLocation)
    #expect(
        zip(scales, scales.dropFirst()).allSatisfy { $0.noise >= $1.noise }
            && scales.allSatisfy { $0.noise >= 0 },
        "\(label): the noise must not grow, \(scales)", sourceLocation: sourceLocation)
    #expect(
        (0...steps).map(scheduler.pathScale).allSatisfy { $0.isFinite && $0 > 0 },
        "\(label): a path must have coordinates", sourceLocation: sourceLocation)

    func run(passNoiseWhereUnused: Bool) -> [Float] {
        var generator = TorchGenerator(seed: 3)
        var spare = TorchGenerator(seed: 4)
        var history = SchedulerHistory()
        var sample = generator.normals(count)
        for step in 0..<steps {
            let unused = passNoiseWhereUnused ? spare.normals(count) : nil
            let noise = scheduler.noiseDraws(atStep: step) > 0 ? generator.normals(count) : unused
            let variance = scheduler.readsVariance ? sample.map { min(1, max(-1, $0)) } : nil
            scheduler.step(
                step, sample: &sample, modelOutput: sample.map { 0.5 * $0 }, variance: variance, noise: noise,
                history: &history)
        }
        return sample
    }
    let final = run(passNoiseWhereUnused: false)
    #expect(
        final.count == count && final.allSatisfy(\.isFinite), "\(label): \(final)",
        sourceLocation: sourceLocation)
    #expect(
        final == run(passNoiseWhereUnused: true),
        "\(label): the same again, and noise counts only where it is drawn", sourceLocation: sourceLocation)
}
