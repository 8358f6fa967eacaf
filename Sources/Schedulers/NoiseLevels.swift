/// The levels that a solver in σ runs through, and the timesteps at which it asks the model.
struct NoiseLevels: Sendable {
    /// Whole ones.
    let timesteps: [Double]
    /// One more than there are timesteps: those before each step, and what the last step leads to.
    let levels: [NoiseLevel]
    let isFlow: Bool
    private let prediction: SchedulerConfiguration.PredictionType

    /// The levels of DPM-Solver++ and UniPC.
    init(solver configuration: SchedulerConfiguration, steps: Int) throws(SchedulerError) {
        let trained = TrainedSigmas(try NoiseSchedule(configuration))
        let sigmas: [Double]
        if let flow = configuration.flow {
            sigmas = try Self.sigmas(of: flow, configuration, trained, steps: steps)
            timesteps = sigmas.map { ($0 * Double(configuration.trainTimesteps)).rounded(.down) }
        } else if let spacing = configuration.sigmaSpacing {
            sigmas = try spacing.sigmas(between: trained.ends, steps: steps)
            timesteps = sigmas.map { sigma in
                let timestep = trained.timestep(of: sigma)
                return configuration.roundsTimesteps
                    ? timestep.rounded(.toNearestOrEven) : timestep.rounded(.down)
            }
        } else {
            let visited = try configuration.timesteps(steps: steps)
            sigmas = visited.map { Double(trained.values[$0]) }
            timesteps = visited.map(Double.init)
        }
        // UniPC's lowest level is that of its own way, where it does not follow the timesteps.
        let endsItsOwnWay =
            configuration.kind == .uniPC && (configuration.flow != nil || configuration.sigmaSpacing != nil)
        let lowest = endsItsOwnWay ? Float(sigmas[steps - 1]) : trained.values[0]
        levels = (sigmas.map { Float($0) } + [configuration.finalSigmaIsZero ? 0 : lowest]).map {
            configuration.flow == nil ? NoiseLevel(ratio: $0) : NoiseLevel(flow: $0)
        }
        isFlow = configuration.flow != nil
        prediction = configuration.prediction
        if isFlow { try requireFall() }
    }

    /// x₀ of one number, as the model's output at a step says it.
    func original(of output: Float, at sample: Float, _ step: Int) -> Float {
        prediction.original(
            output: output, sample: sample, signal: levels[step].signal, noise: levels[step].noise)
    }

    /// ε of one number, as the model's output at a step says it.
    func noise(of output: Float, at sample: Float, _ step: Int) -> Float {
        prediction.noise(
            output: output, sample: sample, signal: levels[step].signal, noise: levels[step].noise)
    }

    /// σ before each step of a flow, by DPM-Solver++'s formula or UniPC's.
    private static func sigmas(
        of flow: FlowSchedule, _ configuration: SchedulerConfiguration, _ trained: TrainedSigmas, steps: Int
    ) throws(SchedulerError) -> [Double] {
        let shift = try flow.effectiveShift
        let isUniPC = configuration.kind == .uniPC
        if let spacing = configuration.sigmaSpacing {
            guard isUniPC, spacing.rule == .karras else {
                let key = "use_\(spacing.rule.rawValue)_sigmas"
                throw SchedulerError(
                    "\(key) with use_flow_sigmas: expected one of the two, found both; set \(key) to false")
            }
            return try spacing.sigmas(between: trained.ends, steps: steps).map { $0 / ($0 + 1) }
        }
        let even = evenlySpaced(from: 1, to: 1 / Double(configuration.trainTimesteps), count: steps + 1)
        // DPM-Solver++ counts from the other end, and leaves out 0.
        guard isUniPC else {
            return even.reversed().dropLast().map { FlowSchedule.shifted(1 - $0, by: shift) }
        }
        var sigmas = try flow.stretched(even.dropLast().map { FlowSchedule.shifted($0, by: shift) })
        // Where no signal is left its logarithm is infinite.
        if abs(sigmas[0] - 1) < 1e-6 { sigmas[0] -= 1e-6 }
        return sigmas
    }

    /// Stops what would be divided by 0 or has no logarithm.
    private func requireFall() throws(SchedulerError) {
        for (step, (now, next)) in zip(levels, levels.dropFirst()).enumerated() {
            guard now.sigma > 0, now.sigma < 1, next.sigma <= now.sigma else {
                throw SchedulerError(
                    "flow_shift: expected noise levels that fall from below 1 to 0, found \(now.sigma) and "
                        + "\(next.sigma) at step \(step); use another number of steps or a shift nearer to 1")
            }
        }
    }
}

/// A solver in σ: without noise of its own, from level to level.
protocol NoiseLevelScheduler: Scheduler {
    var course: NoiseLevels { get }
}

extension NoiseLevelScheduler {
    var timesteps: [Double] { course.timesteps }

    var isFlow: Bool { course.isFlow }

    func scales(beforeStep i: Int) -> (signal: Double, noise: Double) { course.levels[i].scales }
}
