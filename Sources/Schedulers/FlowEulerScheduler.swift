/// Euler's method along a flow (Lipman et al., arXiv 2210.02747; Esser et al., arXiv 2403.03206), as diffusers'
/// `FlowMatchEulerDiscreteScheduler` computes it.
struct FlowEulerScheduler: Scheduler {
    let timesteps: [Double]
    let isFlow = true
    private let isInverted: Bool
    private let isStochastic: Bool
    private let sigmas: [Float]

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SchedulerError) {
        let flow = configuration.flow ?? FlowSchedule()
        let sigmas = try flow.eulerSigmas(configuration, steps: steps)
        self.sigmas = sigmas + [flow.isInverted ? 1 : 0]
        timesteps = sigmas.map { Double($0 * Float(configuration.trainTimesteps)) }
        isInverted = flow.isInverted
        isStochastic = flow.isStochastic
    }

    func noiseDraws(atStep step: Int) -> Int { isStochastic ? 1 : 0 }

    func scales(beforeStep i: Int) -> (signal: Double, noise: Double) {
        let sigma = Double(sigmas[i])
        return isInverted ? (sigma, 1 - sigma) : (1 - sigma, sigma)
    }

    func step(
        _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
        history: inout SchedulerHistory
    ) {
        let (now, next) = (sigmas[step], sigmas[step + 1])
        expect(modelOutput, "the model's output", of: sample)
        guard isStochastic else {
            for index in sample.indices { sample[index] += (next - now) * modelOutput[index] }
            return
        }
        guard let noise else { preconditionFailure("step \(step) of stochastic flow matching needs noise") }
        expect(noise, "noise", of: sample)
        for index in sample.indices {
            let original = sample[index] - now * modelOutput[index]
            sample[index] = (1 - next) * original + next * noise[index]
        }
    }
}

extension FlowSchedule {
    /// σ before each step, as `set_timesteps` of diffusers' `FlowMatchEulerDiscreteScheduler` makes them.
    fileprivate func eulerSigmas(
        _ configuration: SchedulerConfiguration, steps: Int
    ) throws(SchedulerError) -> [Float] {
        let shift = try effectiveShift
        // The class shifts the ends of training by a constant shift, and all levels once more.
        let trained = Float(1) / Float(configuration.trainTimesteps)
        let lowest = dynamicShift == nil ? Self.shifted(trained, by: Float(shift)) : trained
        let last = startsEvenly ? 1 / Double(steps) : Double(lowest)
        let even = evenlySpaced(from: 1, to: last, count: steps).map { Self.shifted($0, by: shift) }
        var sigmas = try stretched(even)
        if let spacing = configuration.sigmaSpacing {
            sigmas = try spacing.sigmas(between: (sigmas[0], sigmas[steps - 1]), steps: steps)
        }
        return sigmas.map { isInverted ? 1 - Float($0) : Float($0) }
    }
}
