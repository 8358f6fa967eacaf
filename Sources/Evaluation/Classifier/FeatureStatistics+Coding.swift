extension FeatureStatistics {
    enum CodingKeys: CodingKey {
        case mean, covariance, count
    }

    /// Reads back what was encoded.
    ///
    /// - Throws: `DecodingError` also where the numbers of values do not fit one another.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            mean: try container.decode([Double].self, forKey: .mean),
            covariance: try container.decode([Double].self, forKey: .covariance),
            count: try container.decode(Int.self, forKey: .count))
        let (square, overflows) = mean.count.multipliedReportingOverflow(by: mean.count)
        guard !overflows, covariance.count == square, count > 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .covariance, in: container,
                debugDescription:
                    "\(covariance.count) covariances of \(mean.count) features, \(count) pictures")
        }
    }
}
