extension CachePlan: Codable {
    private enum CodingKeys: String, CodingKey {
        case formatVersion, policy, steps, scheduler, guidance, modelHash, mask, scores, gamma, filter,
            correction
        case expectedError, predictedError, predictedSpread, calibration, modules, dynamic, outputScale,
            forecastOrder, reuseOf
    }

    /// Reads a plan and checks it.
    /// - Throws: `PlanError` (malformed), or `DecodingError` for what is no plan at all.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let version = try container.decodeWhole(.formatVersion)
        guard version == Self.formatVersion else {
            throw PlanError(
                .malformed,
                "plan: formatVersion: expected \(Self.formatVersion), found \(version); make it anew"
                    + " with 'omnicache plan' and the same model, --steps, --guidance and --policy")
        }
        let name = try container.decode(String.self, forKey: .policy)
        guard let policy = PolicyName(rawValue: name) else {
            let known = PolicyName.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlanError(.malformed, "plan: policy: expected one of \(known), found \(name.prefix(80))")
        }
        self = try CachePlan(
            policy: policy,
            subject: PlanSubject(
                steps: try container.decodeWhole(.steps),
                scheduler: try container.decode(String.self, forKey: .scheduler),
                guidance: try container.decode(Double.self, forKey: .guidance),
                modelHash: try container.decode(String.self, forKey: .modelHash)),
            mask: try container.decode(ReuseMask.self, forKey: .mask),
            reuseOf: try container.decodeIfPresent(ReusedPart.self, forKey: .reuseOf) ?? .residual,
            modules: try container.decodeIfPresent(ModulePlan.self, forKey: .modules),
            dynamic: try container.decodeIfPresent(DynamicRule.self, forKey: .dynamic),
            outputScale: try container.decodeIfPresent(Double.self, forKey: .outputScale) ?? 1,
            scores: try container.decode([Double].self, forKey: .scores),
            correction: NoiseCorrection(
                source: try container.decode(CorrectionSource.self, forKey: .correction),
                gamma: try container.decode([Double].self, forKey: .gamma),
                filter: try container.decode(FrequencyFilter.self, forKey: .filter),
                forecastOrder: try container.contains(.forecastOrder)
                    ? container.decodeWhole(.forecastOrder) : 0),
            expectedError: try container.decode([Double].self, forKey: .expectedError),
            predictedError: try container.decodeIfPresent(Double.self, forKey: .predictedError) ?? 0,
            predictedSpread: try container.decodeIfPresent(Double.self, forKey: .predictedSpread) ?? 0,
            calibration: try container.decode(Calibration.self, forKey: .calibration)
        ).checked()
    }

    /// Writes all of the plan.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.formatVersion, forKey: .formatVersion)
        try container.encode(policy, forKey: .policy)
        try container.encode(subject.steps, forKey: .steps)
        try container.encode(subject.scheduler, forKey: .scheduler)
        try container.encode(subject.guidance, forKey: .guidance)
        try container.encode(subject.modelHash, forKey: .modelHash)
        try container.encode(mask, forKey: .mask)
        if reuseOf != .residual { try container.encode(reuseOf, forKey: .reuseOf) }
        try container.encodeIfPresent(modules, forKey: .modules)
        try container.encodeIfPresent(dynamic, forKey: .dynamic)
        if outputScale != 1 { try container.encode(outputScale, forKey: .outputScale) }
        try container.encode(scores, forKey: .scores)
        try container.encode(correction.gamma, forKey: .gamma)
        try container.encode(correction.filter, forKey: .filter)
        try container.encode(correction.source, forKey: .correction)
        try container.encode(correction.forecastOrder, forKey: .forecastOrder)
        try container.encode(expectedError, forKey: .expectedError)
        try container.encode(predictedError, forKey: .predictedError)
        try container.encode(predictedSpread, forKey: .predictedSpread)
        try container.encode(calibration, forKey: .calibration)
    }
}

extension KeyedDecodingContainer {
    /// A whole number, or an error that names the key: the decoder's own, of a number with a fraction, does not.
    func decodeWhole(_ key: Key) throws -> Int {
        let number = try decode(Double.self, forKey: key)
        guard let whole = Int(exactly: number) else {
            throw PlanError(.malformed, "plan: \(key.stringValue): expected a whole number, found \(number)")
        }
        return whole
    }
}
