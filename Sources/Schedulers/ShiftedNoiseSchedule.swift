/// ᾱ of training at another signal-to-noise ratio, as diffusers' CogVideoX schedulers have it.
struct ShiftedNoiseSchedule: Sendable {
    /// Timesteps of training at which the model is asked.
    private let visited: [Int]
    /// ᾱ before each step.
    let alphaBars: [Double]
    /// One for each timestep of training; in Double where the class computes in it.
    private let trained: [Double]
    /// ᾱ behind the last step.
    private let final: Double
    private let stride: Int

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SchedulerError) {
        let scale = configuration.signalToNoiseShift ?? 3
        guard scale > 0, scale.isFinite else {
            throw SchedulerError("snr_shift_scale: expected a number above 0, found \(scale)")
        }
        var unchanged = configuration
        unchanged.endsAtNoise = false
        let unshifted = try NoiseSchedule(unchanged).alphaBar
        if configuration.betaSchedule == .scaledLinear, configuration.trainedBetas == nil {
            var product = 1.0
            let precise = evenlySpaced(
                from: configuration.betaStart.squareRoot(), to: configuration.betaEnd.squareRoot(),
                count: configuration.trainTimesteps
            ).map { root in
                product *= 1 - root * root
                return product
            }
            trained = try Self.shifted(precise, by: scale, endsAtNoise: configuration.endsAtNoise)
        } else {
            trained = try Self.shifted(unshifted, by: Float(scale), endsAtNoise: configuration.endsAtNoise)
                .map { Double($0) }
        }
        final = configuration.setAlphaToOne ? 1 : trained[0]
        stride = configuration.trainTimesteps / steps
        visited = try configuration.timesteps(steps: steps)
        alphaBars = visited.map { [trained] in trained[$0] }
    }

    var timesteps: [Double] { visited.map(Double.init) }

    /// The timestep that a step leads to: negative behind all of training.
    func next(afterStep step: Int) -> Int { visited[step] - stride }

    /// ᾱ at the timestep that a step leads to, which need not be the one visited next.
    func alphaBar(afterStep step: Int) -> Double {
        let next = next(afterStep: step)
        return next >= 0 ? trained[next] : final
    }

    private static func shifted<Real: BinaryFloatingPoint>(
        _ alphaBar: [Real], by scale: Real, endsAtNoise: Bool
    ) throws(SchedulerError) -> [Real] {
        let shifted = alphaBar.map { $0 / (scale + (1 - scale) * $0) }
        guard endsAtNoise else { return shifted }
        let signals = shifted.map { $0.squareRoot() }
        guard let first = signals.first, let last = signals.last, first > last else {
            throw SchedulerError(
                "rescale_betas_zero_snr: expected 2 timesteps of training or more, found \(alphaBar.count)")
        }
        return signals.map { signal in
            let moved = (signal - last) * (first / (first - last))
            return moved * moved
        }
    }
}

/// One of CogVideoX's: DDIM or DPM-Solver++ at the shifted ratio.
protocol ShiftedNoiseScheduler: Scheduler {
    var schedule: ShiftedNoiseSchedule { get }
}

extension ShiftedNoiseScheduler {
    var timesteps: [Double] { schedule.timesteps }

    func scales(beforeStep i: Int) -> (signal: Double, noise: Double) {
        let last = schedule.alphaBars.count - 1
        let alphaBar = i > last ? schedule.alphaBar(afterStep: last) : schedule.alphaBars[i]
        return (alphaBar.squareRoot(), (1 - alphaBar).squareRoot())
    }
}
