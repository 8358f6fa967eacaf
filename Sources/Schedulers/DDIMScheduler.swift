/// DDIM (Song et al., arXiv 2010.02502, equations 12 and 16), as diffusers' `DDIMScheduler` computes it.
///
/// As there, a step leads to timestep `t − trainTimesteps / steps`, whatever the spacing; with `linspace` and
/// `trailing` that need not be the next timestep of the table.
struct DDIMScheduler: Scheduler {
    let timesteps: [Double]
    private let prediction: SchedulerConfiguration.PredictionType
    private let clipRange: Float?
    private let drawsNoise: Bool
    private let updates: [Update]
    /// ᾱ before each step and behind the last one.
    private let alphaBars: [Float]

    /// One step's coefficients: x' = `nextSignal`·x₀ + `direction`·ε + `deviation`·noise.
    private struct Update: Sendable {
        let signal: Float
        let noise: Float
        let nextSignal: Float
        let direction: Float
        let deviation: Float
    }

    init(
        _ configuration: SchedulerConfiguration, _ schedule: NoiseSchedule, _ timesteps: [Int]
    ) throws(SchedulerError) {
        guard configuration.eta >= 0, configuration.eta.isFinite else {
            throw SchedulerError("eta: expected 0 … 1, found \(configuration.eta)")
        }
        let alphaBar = schedule.alphaBar
        let stride = configuration.trainTimesteps / timesteps.count
        func alphaBarAfter(_ timestep: Int) -> Float {
            let next = timestep - stride
            if next >= 0 { return alphaBar[next] }
            return configuration.setAlphaToOne ? 1 : alphaBar[0]
        }
        var updates: [Update] = []
        for timestep in timesteps {
            let (now, next) = (alphaBar[timestep], alphaBarAfter(timestep))
            let variance = ((1 - next) / (1 - now)) * (1 - now / next)
            let deviation = Float(configuration.eta) * variance.squareRoot()
            let rest = 1 - next - deviation * deviation
            guard rest >= 0 else {
                throw SchedulerError(
                    "eta: expected 0 … 1, found \(configuration.eta): at timestep \(timestep) the noise "
                        + "added would be more than the sample may hold")
            }
            updates.append(
                Update(
                    signal: now.squareRoot(), noise: (1 - now).squareRoot(),
                    nextSignal: next.squareRoot(), direction: rest.squareRoot(), deviation: deviation))
        }
        self.timesteps = timesteps.map(Double.init)
        self.updates = updates
        prediction = configuration.prediction
        clipRange = configuration.clipsSample ? Float(configuration.clipRange) : nil
        drawsNoise = configuration.eta > 0
        let final = timesteps.last.map(alphaBarAfter) ?? 1
        alphaBars = timesteps.map { alphaBar[$0] } + [final]
    }

    func noiseDraws(atStep step: Int) -> Int { drawsNoise ? 1 : 0 }

    func scales(beforeStep i: Int) -> (signal: Double, noise: Double) { preservedVariance(alphaBars[i]) }

    func step(
        _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
        history: inout SchedulerHistory
    ) {
        let update = updates[step]
        expect(modelOutput, "the model's output", of: sample)
        for index in sample.indices {
            let (x, output) = (sample[index], modelOutput[index])
            var original = prediction.original(
                output: output, sample: x, signal: update.signal, noise: update.noise)
            if let clipRange { original = clip(original, to: clipRange) }
            // As in diffusers, ε stays what the model said even where x₀ was clipped.
            let epsilon = prediction.noise(
                output: output, sample: x, signal: update.signal, noise: update.noise)
            sample[index] = update.nextSignal * original + update.direction * epsilon
        }
        guard drawsNoise else { return }
        guard let noise else { preconditionFailure("step \(step) of DDIM with η > 0 needs noise") }
        expect(noise, "noise", of: sample)
        for index in sample.indices { sample[index] += update.deviation * noise[index] }
    }
}
