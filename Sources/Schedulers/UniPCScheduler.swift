/// UniPC (Zhao et al., arXiv 2302.04867, algorithms 5 to 8), as diffusers' `UniPCMultistepScheduler` computes it.
///
/// What the model says at a step first corrects the sample that it was given, and then leads to the next one, so each
/// output counts twice. Order 1 holds where an order above would look across a step that goes nowhere, at which
/// diffusers divides by 0.
struct UniPCScheduler: NoiseLevelScheduler {
    let course: NoiseLevels
    let remembered: [String]
    private let predictsOriginal: Bool
    private let updates: [Update]

    /// One step's sums over the model's converted outputs: that of the step itself, then those before it.
    private struct Update: Sendable {
        /// nil: the sample stays as it is.
        let corrector: LinearUpdate?
        let predictor: LinearUpdate
    }

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SchedulerError) {
        let settings = configuration.uniPC ?? UniPCSettings()
        let order = try configuration.checkedSolverOrder
        try settings.check(configuration)
        course = try NoiseLevels(solver: configuration, steps: steps)
        let levels = course.levels
        func effectiveOrder(atStep step: Int) -> Int {
            let wanted = min(order, step + 1, configuration.lowerOrderFinal ? steps - step : order)
            let widths = (step - wanted + 1..<step + 1).map { levels[$0 + 1].lambda - levels[$0].lambda }
            return widths.contains(0) ? 1 : wanted
        }
        func coefficients(atStep step: Int) -> UniPCCoefficients {
            UniPCCoefficients(
                settings, from: levels[step], to: levels[step + 1],
                before: (1..<effectiveOrder(atStep: step)).map { levels[step - $0] })
        }
        let uncorrected = Set(settings.uncorrectedSteps)
        updates = (0..<steps).map { step in
            Update(
                corrector: step > 0 && !uncorrected.contains(step - 1)
                    ? coefficients(atStep: step - 1).corrector : nil,
                predictor: coefficients(atStep: step).predictor)
        }
        predictsOriginal = settings.predictsOriginal
        remembered =
            ["last_sample"] + ["previous_output", "second_last_output", "third_last_output"].prefix(order)
    }

    func step(
        _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
        history: inout SchedulerHistory
    ) {
        let update = updates[step]
        expect(modelOutput, "the model's output", of: sample)
        history.prepare(remembered.count, for: sample, step: step)
        for index in sample.indices {
            let (x, output) = (sample[index], modelOutput[index])
            let converted =
                predictsOriginal
                ? course.original(of: output, at: x, step) : course.noise(of: output, at: x, step)
            sample[index] = advance(x, converted, update, &history.arrays, index)
        }
    }

    /// One number's way from a step to the next; `arrays` are the last sample and the outputs before, latest first.
    private func advance(
        _ x: Float, _ converted: Float, _ update: Update, _ arrays: inout [[Float]], _ index: Int
    ) -> Float {
        var corrected = x
        if let corrector = update.corrector {
            corrected = corrector.ofSample * arrays[0][index] + corrector.ofOutputs[0] * converted
            for place in 1..<corrector.ofOutputs.count {
                corrected += corrector.ofOutputs[place] * arrays[place][index]
            }
        }
        var next = update.predictor.ofSample * corrected + update.predictor.ofOutputs[0] * converted
        for place in 1..<update.predictor.ofOutputs.count {
            next += update.predictor.ofOutputs[place] * arrays[place][index]
        }
        for place in (2..<arrays.count).reversed() { arrays[place][index] = arrays[place - 1][index] }
        arrays[1][index] = converted
        arrays[0][index] = corrected
        return next
    }
}

extension UniPCSettings {
    /// Stops what diffusers itself makes NaN of.
    fileprivate func check(_ configuration: SchedulerConfiguration) throws(SchedulerError) {
        guard predictsOriginal || configuration.prediction != .flow else {
            throw SchedulerError(
                "predict_x0: expected true with prediction_type flow_prediction, found false")
        }
        guard configuration.finalSigmaIsZero else { return }
        let remedy = "with final_sigmas_type zero, at which nothing is left to divide by; use sigma_min"
        if !predictsOriginal { throw SchedulerError("predict_x0: expected true, found false, \(remedy)") }
        if rule == .bh1 { throw SchedulerError("solver_type: expected bh2, found bh1, \(remedy)") }
        if configuration.solverOrder > 1, !configuration.lowerOrderFinal {
            throw SchedulerError("lower_order_final: expected true, found false, \(remedy)")
        }
    }
}
