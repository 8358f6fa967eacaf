extension CalibrationSummary: Codable {
    private enum CodingKeys: String, CodingKey {
        case steps, reuseOf, filter, trajectories, curvatures, outputChanges, outputEnergies, reuseEnergies
        case residualGrowths, forecastEnergies, reuseEnergiesOfEach, finalEnergies, schedulerGains,
            probeShares, probeCounts,
            correlations
    }

    /// Reads a summary, as it comes from the rank that gathered it, and checks its lengths.
    /// - Throws: `DecodingError`, or `PlanError` (malformed).
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let steps = try container.decode(Int.self, forKey: .steps)
        guard (1...CachePlan.mostSteps).contains(steps) else {
            throw PlanError(
                .malformed, "calibration: steps: expected 1 … \(CachePlan.mostSteps), found \(steps)")
        }
        let gains = try container.decode([Double].self, forKey: .schedulerGains)
        guard gains.count == steps else {
            throw PlanError(
                .malformed, "calibration: schedulerGains: expected \(steps) numbers, found \(gains.count)")
        }
        let empty = CalibrationSummary(
            steps: steps, reuseOf: try container.decode(ReusedPart.self, forKey: .reuseOf),
            filter: try container.decode(FrequencyFilter.self, forKey: .filter),
            schedulerGains: gains)
        self = empty
        trajectories = try container.decode(Int.self, forKey: .trajectories)
        curvatures = try container.decode([[Double]].self, forKey: .curvatures)
        outputChanges = try container.decode([Double].self, forKey: .outputChanges)
        residualGrowths = try container.decode([Double].self, forKey: .residualGrowths)
        outputEnergies = try container.decode([Double].self, forKey: .outputEnergies)
        reuseEnergies = try container.decode([Double].self, forKey: .reuseEnergies)
        forecastEnergies = try container.decode([[Double]].self, forKey: .forecastEnergies)
        reuseEnergiesOfEach = try container.decode([[Double]].self, forKey: .reuseEnergiesOfEach)
        finalEnergies = try container.decode([Double].self, forKey: .finalEnergies)
        probeShares = try container.decode([Double].self, forKey: .probeShares)
        probeCounts = try container.decode([Double].self, forKey: .probeCounts)
        correlations = try container.decode([NoiseCorrelation].self, forKey: .correlations)
        let isWhole =
            finalEnergies.count == trajectories && reuseEnergiesOfEach.count == trajectories
            && reuseEnergiesOfEach.allSatisfy { $0.count == reuseEnergies.count }
        guard isWhole, isFinite, layout == empty.layout else {
            throw PlanError(
                .malformed,
                "calibration: expected finite sums of \(trajectories) trajectories laid out as \(empty.layout), found"
                    + " \(layout) of \(finalEnergies.count)"
                    + (isFinite ? "" : " with numbers that are not finite"))
        }
    }

    /// Writes every sum.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(steps, forKey: .steps)
        try container.encode(reuseOf, forKey: .reuseOf)
        try container.encode(filter, forKey: .filter)
        try container.encode(trajectories, forKey: .trajectories)
        try container.encode(curvatures, forKey: .curvatures)
        try container.encode(outputChanges, forKey: .outputChanges)
        try container.encode(residualGrowths, forKey: .residualGrowths)
        try container.encode(outputEnergies, forKey: .outputEnergies)
        try container.encode(reuseEnergies, forKey: .reuseEnergies)
        try container.encode(forecastEnergies, forKey: .forecastEnergies)
        try container.encode(reuseEnergiesOfEach, forKey: .reuseEnergiesOfEach)
        try container.encode(finalEnergies, forKey: .finalEnergies)
        try container.encode(schedulerGains, forKey: .schedulerGains)
        try container.encode(probeShares, forKey: .probeShares)
        try container.encode(probeCounts, forKey: .probeCounts)
        try container.encode(correlations, forKey: .correlations)
    }

    /// The lengths of all arrays and what the correlations are of.
    private var layout: [String] {
        let sums = [outputChanges, residualGrowths, outputEnergies, reuseEnergies, probeShares, probeCounts]
        let lengths = (curvatures + forecastEnergies + sums).map { "\($0.count)" }
        return lengths
            + correlations.map {
                "\($0.source.rawValue) \($0.filtered) \($0.crosses.count) \($0.energies.count)"
            }
    }
}
