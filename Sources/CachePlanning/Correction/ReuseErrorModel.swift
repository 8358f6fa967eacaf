/// What calibration says of the error of a reused prediction, under one source and filter of the correction.
struct ReuseErrorModel {
    let source: CorrectionSource
    let filtered: Bool
    /// The order of the forecast; above 0 there is no correction yet.
    let forecastOrder: Int
    private let calibration: CalibrationSummary
    private let correlation: NoiseCorrelation?
    private let gains: [Double]

    init(_ calibration: CalibrationSummary, source: CorrectionSource, filtered: Bool) {
        self.source = source
        self.filtered = filtered
        forecastOrder = 0
        self.calibration = calibration
        correlation = calibration.correlations.first { $0.source == source && $0.filtered == filtered }
        gains = calibration.endGains
    }

    /// A forecast of one of the planned orders, as if computed steps followed each other at even distances.
    init(_ calibration: CalibrationSummary, forecastOrder: Int) {
        (source, filtered, correlation) = (.none, false, nil)
        self.forecastOrder = forecastOrder
        self.calibration = calibration
        gains = calibration.endGains
    }

    /// The least-squares coefficient γ of a reused step, and ‖error‖² of its corrected prediction, on average.
    /// - Parameters:
    ///   - step: the reused step.
    ///   - age: steps since the last computed one.
    ///   - spacing: from the computed step before that to it; none if there is none, and so no noise measured.
    func fit(step: Int, age: Int, spacing: Int?) -> (gamma: Double, energy: Double) {
        let reach = CalibrationSummary.reach
        let count = Double(calibration.trajectories)
        // An age beyond the calibration's reach gets no correction, and the error of the oldest age known.
        let plain = calibration.reuseEnergies[step * reach + min(age, reach) - 1]
        if forecastOrder > 0, let spacing, age <= reach {
            let place = NoiseCorrelation.index(step: step, age: age, spacing: min(spacing, reach))
            let orders = CalibrationSummary.plannedOrders
            return (0, calibration.forecastEnergies[forecastOrder - orders.lowerBound][place] / count)
        }
        guard let correlation, let spacing, age <= reach, spacing <= reach else { return (0, plain / count) }
        let place = NoiseCorrelation.index(step: step, age: age, spacing: spacing)
        let (cross, energy) = (correlation.crosses[place], correlation.energies[place])
        guard energy > 0 else { return (0, plain / count) }
        let gamma = min(max(cross / energy, 0), Self.mostGrowth * Double(age) / Double(spacing))
        return (gamma, max(0, plain - 2 * gamma * cross + gamma * gamma * energy) / count)
    }

    /// ‖change of the final latent‖² that a run of reused steps makes, on average or in one trajectory.
    ///
    /// Its steps reuse one residual and are corrected by one q, so their errors point the same way and add up; those
    /// of different runs do not.
    func endEnergy(of steps: Range<Int>, spacing: Int?, trajectory: Int? = nil) -> Double {
        let change = steps.reduce(0.0) { sum, step in
            let age = step - steps.lowerBound + 1
            let energy = fit(step: step, age: age, spacing: spacing).energy
            let share = trajectory.map { self.share(of: $0, step: step, age: age) } ?? 1
            return sum + gains[step] * (energy * share).squareRoot()
        }
        return change * change
    }

    /// ‖change of the final latent‖² that a mask makes, on average or in one trajectory.
    func endEnergy(of mask: ReuseMask, trajectory: Int? = nil) -> Double {
        mask.runs.reduce(0) {
            let spacing = mask.spacing(of: $1.lowerBound - 1)
            return $0 + endEnergy(of: $1, spacing: spacing, trajectory: trajectory)
        }
    }

    /// How much more than on average plain reuse gets wrong in one trajectory; corrected reuse is taken to do alike.
    private func share(of trajectory: Int, step: Int, age: Int) -> Double {
        let place = step * CalibrationSummary.reach + min(age, CalibrationSummary.reach) - 1
        let sum = calibration.reuseEnergies[place]
        let own = calibration.reuseEnergiesOfEach[trajectory][place]
        return sum > 0 ? own * Double(calibration.trajectories) / sum : 1
    }

    /// The bound of γ in units of age / spacing: γ lies in 0 … 2 · age / spacing.
    ///
    /// The noise of reuse grows about in proportion to the age of what is reused, so age / spacing is the
    /// coefficient of steady growth and 2 the bound that `[0, 2]` sets at equal ages; beyond it a fit has found a q
    /// too small to tell anything, and a negative one has found q turning around.
    private static let mostGrowth = 2.0
}

extension CorrectionChoice {
    /// The models to choose from, the cheapest first: it is kept when nothing beats it.
    func models(_ calibration: CalibrationSummary) -> [ReuseErrorModel] {
        switch self {
        case .fixed(let source, let filtered):
            [ReuseErrorModel(calibration, source: source, filtered: filtered)]
        case .measuredBest:
            ([(.none, false)] + NoiseCorrelation.measured).map {
                ReuseErrorModel(calibration, source: $0.0, filtered: $0.1)
            } + (calibration.reuseOf == .residual ? forecasts(calibration) : [])
        }
    }

    /// Modules' outputs are reused as they are, so that only residuals are forecast.
    private func forecasts(_ calibration: CalibrationSummary) -> [ReuseErrorModel] {
        CalibrationSummary.plannedOrders.map { ReuseErrorModel(calibration, forecastOrder: $0) }
    }
}
