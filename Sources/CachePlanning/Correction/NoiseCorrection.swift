/// How the noise of reuse is estimated and taken off the outputs of reused steps.
///
/// At reused step i, the last computed step j measured q; the corrected output is ε̃_i − F_i(γ_i q).
/// γ_i is the least-squares coefficient of the true noise on F_i q over the calibration's trajectories, for the
/// very spacing of j and the very age i − j that the mask has there.
public struct NoiseCorrection: Sendable, Equatable {
    /// Where q is measured.
    public let source: CorrectionSource
    /// [S]: γ_i; 0 at computed steps and where nothing measures q.
    public let gamma: [Double]
    /// F.
    public let filter: FrequencyFilter
    /// The order of ``ResidualForecast`` that makes the reused predictions: 0 takes the last residual as it is.
    public var forecastOrder = 0

    /// No correction.
    public static func none(steps: Int) -> NoiseCorrection {
        NoiseCorrection(source: .none, gamma: Array(repeating: 0, count: steps), filter: .identity)
    }
}

/// A correction fitted to a mask, and what calibration expects of it.
struct NoiseFit {
    /// The correction.
    var correction: NoiseCorrection
    /// [S]: ‖error‖ / ‖ε_i‖ of the prediction at each reused step in trajectories that were computed up to there; 0
    /// at computed steps.
    var expectedError: [Double]
    /// ‖error‖ / ‖x_S‖ of the final latent, as root mean square.
    var predictedError: Double
    /// The standard deviation of ‖error‖ / ‖x_S‖ over the calibration's trajectories.
    var predictedSpread: Double

    /// No correction, and nothing known.
    init(steps: Int) {
        correction = .none(steps: steps)
        expectedError = correction.gamma
        (predictedError, predictedSpread) = (0, 0)
    }

    /// The fit that leaves the smallest error in the final latent.
    /// - Parameters:
    ///   - mask: of as many steps as were calibrated.
    ///   - calibration: of at least one trajectory.
    ///   - choice: the source and filter, or that the best is to be taken.
    init(_ mask: ReuseMask, _ calibration: CalibrationSummary, _ choice: CorrectionChoice) {
        self.init(steps: mask.steps)
        let models = choice.models(calibration).map { (model: $0, energy: $0.endEnergy(of: mask)) }
        guard let best = models.min(by: { $0.energy < $1.energy }), mask.reusedCount > 0 else { return }
        let count = Double(calibration.trajectories)
        var gamma = correction.gamma
        for step in 0..<mask.steps where !mask.computed[step] {
            let age = mask.age(of: step)
            let fit = best.model.fit(step: step, age: age, spacing: mask.spacing(of: step - age))
            gamma[step] = fit.gamma
            let output = calibration.outputEnergies[step] / count
            expectedError[step] = output > 0 ? (fit.energy / output).squareRoot() : 0
        }
        correction = NoiseCorrection(
            source: best.model.source, gamma: gamma,
            filter: best.model.filtered ? calibration.filter : .identity,
            forecastOrder: best.model.forecastOrder)
        let final = calibration.finalEnergy
        predictedError = final > 0 ? (best.energy / final).squareRoot() : 0
        let errors = calibration.finalEnergies.enumerated().map { trajectory, final in
            final > 0 ? (best.model.endEnergy(of: mask, trajectory: trajectory) / final).squareRoot() : 0
        }
        predictedSpread = standardDeviation(errors)
    }
}
