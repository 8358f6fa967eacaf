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

    /// No correction.
    public static func none(steps: Int) -> NoiseCorrection {
        NoiseCorrection(source: .none, gamma: Array(repeating: 0, count: steps), filter: .identity)
    }

    /// Fits the correction of a mask, and says what error it is expected to leave.
    /// - Parameters:
    ///   - mask: of as many steps as were calibrated.
    ///   - calibration: of at least one trajectory.
    ///   - choice: the source and filter, or the pair that leaves least in the sum of squared relative errors.
    /// - Returns: the correction, and [S] the relative error ‖error‖ / ‖ε_i‖ of the prediction at each reused step
    ///   in trajectories that were computed up to there; 0 at computed steps.
    static func fit(
        mask: ReuseMask, calibration: CalibrationSummary, choice: CorrectionChoice
    ) -> (correction: NoiseCorrection, expectedError: [Double]) {
        let candidates: [(source: CorrectionSource, filtered: Bool)] =
            switch choice {
            case .fixed(let source, let filtered): [(source, filtered)]
            // The cheaper first: it is kept when nothing beats it.
            case .measuredBest: [(.none, false)] + NoiseCorrelation.measured
            }
        let fits = candidates.map { NoiseFit(mask, calibration, source: $0.source, filtered: $0.filtered) }
        let best = fits.dropFirst().reduce(fits[0]) { $1.sumOfSquares < $0.sumOfSquares ? $1 : $0 }
        return (best.correction, best.relativeErrors)
    }
}

/// The least-squares fit of one source and filter to one mask.
private struct NoiseFit {
    var correction: NoiseCorrection
    var relativeErrors: [Double]

    var sumOfSquares: Double { relativeErrors.reduce(0) { $0 + $1 * $1 } }

    init(_ mask: ReuseMask, _ calibration: CalibrationSummary, source: CorrectionSource, filtered: Bool) {
        let reach = CalibrationSummary.reach
        let correlation = calibration.correlations.first { $0.source == source && $0.filtered == filtered }
        var gamma = Array(repeating: 0.0, count: mask.steps)
        relativeErrors = gamma
        for step in 0..<mask.steps where !mask.computed[step] {
            let age = mask.age(of: step)
            // An age beyond the calibration's reach gets no correction, and the error of the oldest age known.
            let plain = calibration.reuseEnergies[step * reach + min(age, reach) - 1]
            var left = plain
            if let correlation, age <= reach, let spacing = mask.spacing(of: step - age) {
                let place = NoiseCorrelation.index(step: step, age: age, spacing: min(spacing, reach))
                let (cross, energy) = (correlation.crosses[place], correlation.energies[place])
                if energy > 0 {
                    let most = Self.mostGrowth * Double(age) / Double(spacing)
                    let fitted = min(max(cross / energy, 0), most)
                    gamma[step] = fitted
                    left = plain - 2 * fitted * cross + fitted * fitted * energy
                }
            }
            let output = calibration.outputEnergies[step]
            relativeErrors[step] = output > 0 ? (max(0, left) / output).squareRoot() : 0
        }
        let corrects = source != .none && mask.reusedCount > 0
        correction = NoiseCorrection(
            source: corrects ? source : .none, gamma: gamma,
            filter: corrects && filtered ? calibration.filter : .identity)
    }

    /// The bound of γ in units of age / spacing: γ lies in 0 … 2 · age / spacing.
    ///
    /// The noise of reuse grows about in proportion to the age of what is reused, so
    /// age / spacing is the coefficient of steady growth and 2 the bound that `[0, 2]` sets at equal ages; beyond
    /// it a fit has found a q too small to tell anything, and a negative one has found q turning around.
    private static let mostGrowth = 2.0
}
