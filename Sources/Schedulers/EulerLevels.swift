import Platform

extension SchedulerConfiguration {
    /// σ before each step and behind the last one, and the timesteps, of `EulerDiscreteScheduler`.
    func eulerLevels(steps: Int) throws(SchedulerError) -> (sigmas: [Float], timesteps: [Double]) {
        var timesteps = try eulerTimesteps(steps: steps)
        let trained = TrainedSigmas(try NoiseSchedule(self))
        let final = finalSigmaIsZero ? 0 : trained.values[0]
        var sigmas: [Double]
        if interpolatesLogarithms {
            // S + 1 levels from the highest to the lowest, which the last step therefore leads to.
            sigmas = evenlySpaced(from: log(trained.ends.first), to: log(trained.ends.last), count: steps + 1)
                .map { exp($0) }
        } else {
            sigmas = timesteps.map(trained.sigma)
        }
        if let sigmaSpacing {
            sigmas = try sigmaSpacing.sigmas(between: (sigmas[0], sigmas[sigmas.count - 1]), steps: steps)
            timesteps = sigmas.map(trained.timestep)
        }
        timesteps = timesteps.map { Double(Float($0)) }
        return (Array((sigmas.map { Float($0) } + [final]).prefix(steps + 1)), timesteps)
    }

    /// As the other classes', but `linspace` is not rounded to whole timesteps.
    private func eulerTimesteps(steps: Int) throws(SchedulerError) -> [Double] {
        let whole = try timesteps(steps: steps)
        guard spacing == .linspace else { return whole.map(Double.init) }
        return evenlySpaced(from: 0, to: Double(trainTimesteps - 1), count: steps).reversed()
    }
}
