import Platform

/// DDPM (Ho et al., arXiv 2006.11239, equations 6 and 7), as diffusers' `DDPMScheduler` computes it.
///
/// With fewer steps than training had, α and β of a step are those between its timestep and the next of the
/// table. The last step leads to ᾱ = 1; timestep 0 adds no noise.
struct DDPMScheduler: Scheduler {
    let timesteps: [Double]
    let readsVariance: Bool
    private let prediction: SchedulerConfiguration.PredictionType
    private let clipRange: Float?
    private let updates: [Update]
    /// ᾱ before each step and behind the last one.
    private let alphaBars: [Float]

    /// One step's coefficients: x' = `ofOriginal`·x₀ + `ofSample`·x + deviation·noise.
    private struct Update: Sendable {
        let signal: Float
        let noise: Float
        let ofOriginal: Float
        let ofSample: Float
        let deviation: Deviation
    }

    /// Standard deviation of the noise that a step adds.
    private enum Deviation: Sendable {
        case fixed(Float)
        /// Where the model places log σ² between its two bounds (Nichol and Dhariwal, arXiv 2102.09672,
        /// equation 15).
        case learned(smallest: Float, largest: Float)
    }

    init(_ configuration: SchedulerConfiguration, _ schedule: NoiseSchedule, _ timesteps: [Int]) {
        let alphaBar = schedule.alphaBar
        updates = timesteps.indices.map { step in
            let now = alphaBar[timesteps[step]]
            let next = step + 1 < timesteps.count ? alphaBar[timesteps[step + 1]] : 1
            let alpha = now / next
            let beta = 1 - alpha
            // Not 0, since its logarithm may be taken.
            let posterior = max((1 - next) / (1 - now) * beta, 1e-20)
            let deviation: Deviation =
                switch configuration.variance {
                case .fixedSmall: .fixed(posterior.squareRoot())
                case .fixedLarge: .fixed(beta.squareRoot())
                case .learnedRange: .learned(smallest: log(posterior), largest: log(beta))
                }
            return Update(
                signal: now.squareRoot(), noise: (1 - now).squareRoot(),
                ofOriginal: next.squareRoot() * beta / (1 - now),
                ofSample: alpha.squareRoot() * (1 - next) / (1 - now), deviation: deviation)
        }
        self.timesteps = timesteps.map(Double.init)
        prediction = configuration.prediction
        clipRange = configuration.clipsSample ? Float(configuration.clipRange) : nil
        readsVariance = configuration.variance == .learnedRange
        alphaBars = timesteps.map { alphaBar[$0] } + [1]
    }

    func noiseDraws(atStep step: Int) -> Int { timesteps[step] > 0 ? 1 : 0 }

    func scales(beforeStep i: Int) -> (signal: Double, noise: Double) { preservedVariance(alphaBars[i]) }

    func step(
        _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
        history: inout SchedulerHistory
    ) {
        let update = updates[step]
        expect(modelOutput, "the model's output", of: sample)
        for index in sample.indices {
            var original = prediction.original(
                output: modelOutput[index], sample: sample[index], signal: update.signal, noise: update.noise)
            if let clipRange { original = clip(original, to: clipRange) }
            sample[index] = update.ofOriginal * original + update.ofSample * sample[index]
        }
        guard noiseDraws(atStep: step) > 0 else { return }
        guard let noise else { preconditionFailure("step \(step) of DDPM needs noise") }
        expect(noise, "noise", of: sample)
        switch update.deviation {
        case .fixed(let deviation):
            for index in sample.indices { sample[index] += deviation * noise[index] }
        case .learned(let smallest, let largest):
            guard let variance else {
                preconditionFailure("step \(step) of DDPM with learned_range needs the variance channels")
            }
            expect(variance, "the variance", of: sample)
            for index in sample.indices {
                let fraction = (variance[index] + 1) / 2
                sample[index] += exp(0.5 * (fraction * largest + (1 - fraction) * smallest)) * noise[index]
            }
        }
    }
}
