/// DDIM at a shifted signal-to-noise ratio, as diffusers' `CogVideoXDDIMScheduler` computes it: never clipped, and without
/// noise.
struct CogVideoXDDIMScheduler: ShiftedNoiseScheduler {
    let schedule: ShiftedNoiseSchedule
    private let prediction: SchedulerConfiguration.PredictionType
    private let updates: [Update]

    /// One step's coefficients: x' = `ofSample`·x + `ofOriginal`·x₀.
    private struct Update: Sendable {
        let signal: Float
        let noise: Float
        let ofSample: Float
        let ofOriginal: Float
    }

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SchedulerError) {
        schedule = try ShiftedNoiseSchedule(configuration, steps: steps)
        let schedule = schedule
        updates = schedule.alphaBars.indices.map { step in
            let (now, next) = (schedule.alphaBars[step], schedule.alphaBar(afterStep: step))
            let ofSample = ((1 - next) / (1 - now)).squareRoot()
            return Update(
                signal: Float(now.squareRoot()), noise: Float((1 - now).squareRoot()),
                ofSample: Float(ofSample),
                ofOriginal: Float(next.squareRoot() - now.squareRoot() * ofSample))
        }
        prediction = configuration.prediction
    }

    func step(
        _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
        history: inout SchedulerHistory
    ) {
        let update = updates[step]
        expect(modelOutput, "the model's output", of: sample)
        for index in sample.indices {
            let original = prediction.original(
                output: modelOutput[index], sample: sample[index], signal: update.signal, noise: update.noise)
            sample[index] = update.ofSample * sample[index] + update.ofOriginal * original
        }
    }
}
