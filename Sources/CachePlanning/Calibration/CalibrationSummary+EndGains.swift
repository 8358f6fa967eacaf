import Platform

extension CalibrationSummary {
    /// What a probe found: a trajectory that took one reused prediction, and was computed otherwise.
    /// - Parameters:
    ///   - probedStep: the step of the reused prediction.
    ///   - error: ‖ε̃ − ε‖² of it.
    ///   - effect: ‖change of the final latent‖² that came of it.
    ///   - trajectory: the summary of the undisturbed one, whose steps and scheduler it shares.
    public init(probedStep: Int, error: Double, effect: Double, like trajectory: CalibrationSummary) {
        self.init(
            steps: trajectory.steps, reuseOf: trajectory.reuseOf, filter: trajectory.filter,
            schedulerGains: trajectory.schedulerGains)
        guard error > 0, effect > 0, schedulerGains[probedStep] > 0 else { return }
        probeShares[probedStep] = 0.5 * log(effect / error) - log(schedulerGains[probedStep])
        probeCounts[probedStep] = 1
    }

    /// [S]: how far the final latent moves for each unit of error in the prediction of a step.
    ///
    /// It is the scheduler's own gain times the share that the model lets through: later steps repair some errors and
    /// make more of others. The share at a step is the geometric mean over the probes near it, its logarithm halved:
    /// few probes say little of the rare images in which an early error decides what is drawn, so the scheduler's gain
    /// alone keeps half of the say. (On the built-in model plans made so are better than with the whole share, with
    /// none of it, and with the root mean square in place of the geometric mean.)
    public var endGains: [Double] {
        let probed = (0..<steps).filter { probeCounts[$0] > 0 }
        guard !probed.isEmpty else { return schedulerGains }
        return (0..<steps).map { step in
            let distances = probed.map { abs($0 - step) }.sorted()
            let reach = max(steps / Self.windows, distances[min(Self.fewestProbes, distances.count) - 1])
            let near = probed.filter { abs($0 - step) <= reach }
            let count = near.reduce(0) { $0 + probeCounts[$1] }
            let share = near.reduce(0) { $0 + probeShares[$1] } / count
            return schedulerGains[step] * exp(share / 2)
        }
    }

    /// A window reaches a sixteenth of the run to either side, and to as many probed steps as make an average.
    private static let windows = 16
    private static let fewestProbes = 4

    /// ‖x_S‖² on average.
    var finalEnergy: Double { trajectories > 0 ? finalEnergies.reduce(0, +) / Double(trajectories) : 0 }
}
