import Platform

/// DPM-Solver++ 2M (Lu et al., arXiv 2211.01095, algorithm 2), as diffusers' `DPMSolverMultistepScheduler` with
/// `dpmsolver++` and `midpoint` computes it.
///
/// The sample starts from unit noise. The first step is of order 1, and so is the last one if σ ends at 0, if
/// `eulerAtFinal`, or if `lowerOrderFinal` and there are fewer than 15 steps. A step that follows a repeated
/// timestep is of order 1 too, where diffusers would divide by 0.
struct DPMSolverScheduler: Scheduler {
    let timesteps: [Double]
    let remembersOriginal = true
    private let prediction: SchedulerConfiguration.PredictionType
    private let levels: [Level]
    private let updates: [Update]

    /// α and σ of the variance-preserving process, from σ/α, and λ = log(α/σ).
    private struct Level: Sendable {
        let signal: Float
        let noise: Float
        let lambda: Float

        init(ratio: Float) {
            signal = 1 / (ratio * ratio + 1).squareRoot()
            noise = ratio * signal
            lambda = log(signal) - log(noise)
        }
    }

    /// One step's coefficients: x' = `ofSample`·x − `ofOriginal`·x₀ − ½·`ofOriginal`·`slope`·(x₀ − x₀ before).
    private struct Update: Sendable {
        let ofSample: Float
        let ofOriginal: Float
        /// nil: order 1.
        let slope: Float?
    }

    init(
        _ configuration: SchedulerConfiguration, _ schedule: NoiseSchedule, _ timesteps: [Int]
    ) throws(SchedulerError) {
        guard configuration.solverOrder == 1 || configuration.solverOrder == 2 else {
            throw SchedulerError("solver_order: expected 1 or 2, found \(configuration.solverOrder)")
        }
        func ratio(_ timestep: Int) -> Float {
            ((1 - schedule.alphaBar[timestep]) / schedule.alphaBar[timestep]).squareRoot()
        }
        let final = configuration.finalSigmaIsZero ? 0 : ratio(0)
        let levels = (timesteps.map(ratio) + [final]).map { Level(ratio: $0) }
        let lastIsFirstOrder =
            configuration.finalSigmaIsZero || configuration.eulerAtFinal
            || (configuration.lowerOrderFinal && timesteps.count < 15)
        updates = timesteps.indices.map { step in
            let (now, next) = (levels[step], levels[step + 1])
            let width = next.lambda - now.lambda
            var slope: Float?
            if configuration.solverOrder == 2, step > 0, !(lastIsFirstOrder && step == timesteps.count - 1) {
                let widthBefore = now.lambda - levels[step - 1].lambda
                slope = widthBefore == 0 ? nil : 1 / (widthBefore / width)
            }
            return Update(
                ofSample: next.noise / now.noise, ofOriginal: next.signal * (exp(-width) - 1), slope: slope)
        }
        self.timesteps = timesteps.map(Double.init)
        self.levels = levels
        prediction = configuration.prediction
    }

    func drawsNoise(atStep step: Int) -> Bool { false }

    func signalScale(beforeStep i: Int) -> Double { Double(levels[i].signal) }

    func step(
        _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
        history: inout SchedulerHistory
    ) {
        let (level, update) = (levels[step], updates[step])
        expect(modelOutput, "the model's output", of: sample)
        precondition(
            update.slope == nil || history.previousOriginal != nil,
            "step \(step) of DPM-Solver++ needs the history of step \(step - 1)")
        // Taken out of the history, so that it is the only reference and is written in place.
        var originals = history.previousOriginal.take() ?? sample
        expect(originals, "the history", of: sample)
        for index in sample.indices {
            let original = prediction.original(
                output: modelOutput[index], sample: sample[index], signal: level.signal, noise: level.noise)
            sample[index] = update.ofSample * sample[index] - update.ofOriginal * original
            if let slope = update.slope {
                sample[index] -= (0.5 * update.ofOriginal) * (slope * (original - originals[index]))
            }
            originals[index] = original
        }
        history.previousOriginal = originals
    }
}
