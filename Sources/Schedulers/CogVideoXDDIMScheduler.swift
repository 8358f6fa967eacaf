/// DDIM at a shifted signal-to-noise ratio, as diffusers' `CogVideoXDDIMScheduler` computes it: never clipped, and without
/// noise.
struct CogVideoXDDIMScheduler: Scheduler {
    let timesteps: [Double]
    private let prediction: SchedulerConfiguration.PredictionType
    private let updates: [Update]
    /// ᾱ before each step and behind the last one.
    private let alphaBars: [Double]

    /// One step's coefficients: x' = `ofSample`·x + `ofOriginal`·x₀.
    private struct Update: Sendable {
        let signal: Float
        let noise: Float
        let ofSample: Float
        let ofOriginal: Float
    }

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SchedulerError) {
        let schedule = try ShiftedNoiseSchedule(configuration, steps: steps)
        let visited = try configuration.timesteps(steps: steps)
        updates = visited.map { timestep in
            let (now, next) = (schedule.alphaBar[timestep], schedule.alphaBar(after: timestep))
            let ofSample = ((1 - next) / (1 - now)).squareRoot()
            return Update(
                signal: Float(now.squareRoot()), noise: Float((1 - now).squareRoot()),
                ofSample: Float(ofSample),
                ofOriginal: Float(next.squareRoot() - now.squareRoot() * ofSample))
        }
        alphaBars =
            visited.map { schedule.alphaBar[$0] } + [schedule.alphaBar(after: visited[steps - 1])]
        timesteps = visited.map(Double.init)
        prediction = configuration.prediction
    }

    func noiseDraws(atStep step: Int) -> Int { 0 }

    func scales(beforeStep i: Int) -> (signal: Double, noise: Double) {
        (alphaBars[i].squareRoot(), (1 - alphaBars[i]).squareRoot())
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
