import Platform

/// How noise levels lie between the highest and the lowest where the timesteps do not say it.
public struct SigmaSpacing: Sendable, Equatable, Codable {
    /// The rule.
    public enum Rule: String, Sendable, Codable, CaseIterable {
        /// Evenly in σ^(1/7) (Karras et al., arXiv 2206.00364, equation 5): diffusers' `use_karras_sigmas`.
        case karras
        /// Evenly in log σ: diffusers' `use_exponential_sigmas`.
        case exponential
        /// By the quantiles of Beta(0.6, 0.6) (arXiv 2407.12173): diffusers' `use_beta_sigmas`.
        case beta
    }

    /// The rule.
    public var rule: Rule
    /// The last level, diffusers' `sigma_min`; nil: what the schedule has without the rule.
    public var lowest: Double?
    /// The first level, diffusers' `sigma_max`; nil: what the schedule has without the rule.
    public var highest: Double?

    /// A rule between the given levels.
    public init(_ rule: Rule, lowest: Double? = nil, highest: Double? = nil) {
        self.rule = rule
        self.lowest = lowest
        self.highest = highest
    }

    /// The levels, highest first.
    /// - Parameter ends: the schedule's own first and last level.
    func sigmas(
        between ends: (first: Double, last: Double), steps: Int
    ) throws(SchedulerError) -> [Double] {
        let (first, last) = (highest ?? ends.first, lowest ?? ends.last)
        guard last > 0, first >= last, first.isFinite else {
            throw SchedulerError(
                "sigmas spaced by \(rule.rawValue): expected sigma_max at least sigma_min, and that above 0, "
                    + "found \(first) and \(last)")
        }
        switch rule {
        case .karras:
            let (start, end) = (pow(first, 1 / 7.0), pow(last, 1 / 7.0))
            return evenlySpaced(from: 0, to: 1, count: steps).map { pow(start + $0 * (end - start), 7) }
        case .exponential:
            return evenlySpaced(from: log(first), to: log(last), count: steps).map { exp($0) }
        case .beta:
            let distribution = SymmetricBeta(exponent: 0.6)
            return evenlySpaced(from: 0, to: 1, count: steps).map {
                last + distribution.quantile(1 - $0) * (first - last)
            }
        }
    }
}
