import Platform

/// SDE-DPM-Solver++ 2M (Lu et al., arXiv 2211.01095) at a shifted signal-to-noise ratio, as diffusers'
/// `CogVideoXDPMScheduler` computes it: always with noise.
///
/// A step of order 2 takes two draws, of which the class spends the first on a step of order 1 that it throws away.
struct CogVideoXDPMScheduler: ShiftedNoiseScheduler {
    let schedule: ShiftedNoiseSchedule
    let remembered = ["previous_original"]
    private let prediction: SchedulerConfiguration.PredictionType
    private let updates: [Update]

    /// One step's coefficients: x' = `ofSample`·x + `ofOriginal`·x₀ + `ofBefore`·(x₀ before) + `deviation`·noise.
    private struct Update: Sendable {
        let signal: Float
        let noise: Float
        let ofSample: Float
        let ofOriginal: Float
        /// nil: order 1.
        let ofBefore: Float?
        let deviation: Float
    }

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SchedulerError) {
        schedule = try ShiftedNoiseSchedule(configuration, steps: steps)
        let schedule = schedule
        // Infinite where no signal or no noise is left, which the exponentials below carry.
        func lambda(_ alphaBar: Double) -> Double { log((alphaBar / (1 - alphaBar)).squareRoot()) }
        updates = schedule.alphaBars.indices.map { step in
            let (now, next) = (schedule.alphaBars[step], schedule.alphaBar(afterStep: step))
            let width = lambda(next) - lambda(now)
            let ofOriginal = -expm1(-2 * width) * next.squareRoot()
            var ofBefore: Double?
            if step > 0, schedule.next(afterStep: step) >= 0 {
                let widthBefore = lambda(now) - lambda(schedule.alphaBars[step - 1])
                // Order 1 where the step before went nowhere.
                if widthBefore != 0 { ofBefore = -ofOriginal / (2 * (widthBefore / width)) }
            }
            return Update(
                signal: Float(now.squareRoot()), noise: Float((1 - now).squareRoot()),
                ofSample: Float(((1 - next) / (1 - now)).squareRoot() * exp(-width)),
                ofOriginal: Float(ofOriginal - (ofBefore ?? 0)), ofBefore: ofBefore.map { Float($0) },
                deviation: Float((1 - next).squareRoot() * (1 - exp(-2 * width)).squareRoot()))
        }
        prediction = configuration.prediction
    }

    func noiseDraws(atStep step: Int) -> Int { updates[step].ofBefore == nil ? 1 : 2 }

    func step(
        _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
        history: inout SchedulerHistory
    ) {
        let update = updates[step]
        expect(modelOutput, "the model's output", of: sample)
        guard let noise else { preconditionFailure("step \(step) of CogVideoX's DPM-Solver++ needs noise") }
        expect(noise, "noise", of: sample)
        history.prepare(remembered.count, for: sample, step: step)
        for index in sample.indices {
            let original = prediction.original(
                output: modelOutput[index], sample: sample[index], signal: update.signal, noise: update.noise)
            let before = (update.ofBefore ?? 0) * history.arrays[0][index]
            sample[index] =
                update.ofSample * sample[index] + update.ofOriginal * original + before
                + update.deviation * noise[index]
            history.arrays[0][index] = original
        }
    }
}
