/// What calibration learnt from trajectories in which every step was computed: sums over the trajectories.
///
/// Summaries of different trajectories add up. The same trajectories added in the same order give the same bits.
public struct CalibrationSummary: Sendable, Equatable {
    /// The greatest cache age and the greatest spacing of computed steps that are looked at.
    public static let reach = 4
    /// The greatest age of a residual that reuse is tried with: forecasts of the planned orders look so far back.
    public static let probeReach = reach * (1 + plannedOrders.upperBound)
    /// The same of modules' outputs, each of which takes memory of its own: forecasts along runs of two.
    public static let modulesReach = 8
    /// The orders of forecasts that masks are chosen for.
    static let plannedOrders = 1...2

    /// Steps of the calibrated run, S.
    public let steps: Int
    /// What was reused where reuse was tried.
    public let reuseOf: ReusedPart
    /// The filter whose effect was measured beside no filter.
    public let filter: FrequencyFilter
    /// How many trajectories are in the sums.
    public internal(set) var trajectories: Int
    /// [S] for each `CurvatureMeasure`, in the order of its cases: curvature.
    var curvatures: [[Double]]
    /// [S]: ‖ε_i − ε_{i−1}‖ / ‖ε_{i−1}‖; step 0 is step 1's.
    var outputChanges: [Double]
    /// [S]: the mean over tokens and branches of ‖r_i‖ / ‖r_{i−1}‖, r what the blocks add; 1 at step 0.
    var residualGrowths: [Double]
    /// [S]: ‖ε_i‖².
    var outputEnergies: [Double]
    /// [S, age]: ‖q_i^{(a)}‖², what plain reuse of age a gets wrong at step i.
    var reuseEnergies: [Double]
    /// For each of ``plannedOrders``, [S, age, spacing]: ‖noise‖² of a forecast from computed steps that follow each
    /// other at that spacing.
    var forecastEnergies: [[Double]]
    /// Of each trajectory, [S, age]: its part of ``reuseEnergies``.
    var reuseEnergiesOfEach: [[Double]]
    /// Of each trajectory: ‖x_S‖².
    var finalEnergies: [Double]
    /// [S]: how far the scheduler alone moves the final latent for a unit of error in a step's prediction; no sum.
    let schedulerGains: [Double]
    /// [S]: logarithms of the share of the scheduler's gain that the model let through, of the probes at a step.
    var probeShares: [Double]
    /// [S]: how many probes there were.
    var probeCounts: [Double]
    /// For each source and each choice of filter: how its noise and that of reuse go together.
    var correlations: [NoiseCorrelation]

    /// A summary of no trajectory.
    init(
        steps: Int, reuseOf: ReusedPart = .residual, filter: FrequencyFilter, schedulerGains: [Double]
    ) {
        precondition(
            steps > 0 && schedulerGains.count == steps,
            "a calibration of \(steps) steps with \(schedulerGains.count) gains")
        self.schedulerGains = schedulerGains
        self.steps = steps
        self.reuseOf = reuseOf
        self.filter = filter
        trajectories = 0
        curvatures = CurvatureMeasure.allCases.map { _ in Array(repeating: 0, count: steps) }
        outputChanges = Array(repeating: 0, count: steps)
        residualGrowths = outputChanges
        outputEnergies = outputChanges
        reuseEnergies = Array(repeating: 0, count: steps * Self.reach)
        forecastEnergies = Self.plannedOrders.map { _ in
            Array(repeating: 0, count: steps * Self.reach * Self.reach)
        }
        reuseEnergiesOfEach = []
        finalEnergies = []
        probeShares = outputChanges
        probeCounts = outputChanges
        correlations = NoiseCorrelation.measured.map {
            NoiseCorrelation($0.source, $0.filtered, steps: steps)
        }
    }

    /// [S]: the score of `omnicache`.
    public func meanCurvature(_ measure: CurvatureMeasure) -> [Double] {
        let sums = zip(CurvatureMeasure.allCases, curvatures).first { $0.0 == measure }?.1 ?? []
        return sums.map { $0 / Double(trajectories) }
    }

    /// [S]: the score of `similarity`.
    public var meanOutputChange: [Double] { outputChanges.map { $0 / Double(trajectories) } }

    /// [S]: ‖ε_i‖², averaged over trajectories.
    public var meanOutputEnergies: [Double] { outputEnergies.map { $0 / Double(trajectories) } }

    /// ‖q_i^{(a)}‖², what plain reuse of age a gets wrong at step i, averaged over trajectories; nil beyond what is known.
    public func reuseEnergy(step: Int, age: Int) -> Double? {
        guard (1...Self.reach).contains(age), (0..<steps).contains(step) else { return nil }
        return reuseEnergies[step * Self.reach + age - 1] / Double(trajectories)
    }

    /// [S]: what `magcache` decides by.
    public var meanResidualGrowth: [Double] { residualGrowths.map { $0 / Double(trajectories) } }

    /// Adds other trajectories of the same run.
    /// - Precondition: the same steps, filter and reused part.
    public mutating func merge(_ other: CalibrationSummary) {
        precondition(
            steps == other.steps && reuseOf == other.reuseOf && filter == other.filter
                && schedulerGains == other.schedulerGains,
            "calibrations of \(steps) and \(other.steps) steps, filters \(filter) and \(other.filter)")
        trajectories += other.trajectories
        for index in curvatures.indices { add(other.curvatures[index], to: &curvatures[index]) }
        add(other.outputChanges, to: &outputChanges)
        add(other.residualGrowths, to: &residualGrowths)
        add(other.outputEnergies, to: &outputEnergies)
        add(other.reuseEnergies, to: &reuseEnergies)
        for index in forecastEnergies.indices {
            add(other.forecastEnergies[index], to: &forecastEnergies[index])
        }
        reuseEnergiesOfEach += other.reuseEnergiesOfEach
        finalEnergies += other.finalEnergies
        add(other.probeShares, to: &probeShares)
        add(other.probeCounts, to: &probeCounts)
        for index in correlations.indices {
            add(other.correlations[index].crosses, to: &correlations[index].crosses)
            add(other.correlations[index].energies, to: &correlations[index].energies)
        }
    }

    /// Whether every sum is a finite number.
    var isFinite: Bool {
        let sums =
            curvatures
            + [
                outputChanges, residualGrowths, outputEnergies, reuseEnergies, finalEnergies, schedulerGains,
                probeShares,
                probeCounts,
            ]
            + forecastEnergies + reuseEnergiesOfEach + correlations.flatMap { [$0.crosses, $0.energies] }
        return sums.allSatisfy { $0.allSatisfy(\.isFinite) }
    }
}

private func add(_ more: [Double], to sums: inout [Double]) {
    for index in sums.indices { sums[index] += more[index] }
}
