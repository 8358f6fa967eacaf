/// What is said of a correction before it is chosen: its source, whether it is filtered, both or nothing.
public struct CorrectionLimits: Sendable, Equatable {
    /// Where the noise is measured; nil leaves it open.
    public var source: CorrectionSource?
    /// Whether the filter is at work; nil leaves it open, and so does a source of `none`, which filters nothing.
    public var filtered: Bool?

    /// Limits of the given parts.
    public init(source: CorrectionSource? = nil, filtered: Bool? = nil) {
        self.source = source
        self.filtered = filtered
    }

    /// The corrections within the limits, the cheapest first.
    ///
    /// No correction is one of them unless a source or a filter is asked for.
    var choices: [CorrectionChoice] {
        let all: [(source: CorrectionSource, filtered: Bool)] = [(.none, false)] + NoiseCorrelation.measured
        return all.filter { choice in
            let isSource = source.map { $0 == choice.source } ?? true
            let isFilter = filtered.map { $0 == choice.filtered } ?? true
            return isSource && (isFilter || source == CorrectionSource.none)
        }.map { .fixed($0.source, filtered: $0.filtered) }
    }
}

extension CachePlan {
    /// Makes the plan of the least predicted error that a correction within the limits allows.
    /// - Parameters:
    ///   - policy: who chooses.
    ///   - rules: budget and rules of the choice.
    ///   - score: what `omnicache` scores by.
    ///   - limits: of source and filter. Without calibration there is no correction.
    ///   - reuseOf: what reused steps take; the calibration must have measured the reuse of just that.
    ///   - run: what the plan is for.
    ///   - calibration: of that run.
    ///   - seed: of the first calibrated trajectory.
    /// - Throws: `PlanError` (budget, rules, calibration; mismatch if the calibration has other steps).
    public static func make(
        policy: PolicyName, rules: SelectionRules, score: CurvatureMeasure = .turn,
        correction limits: CorrectionLimits, reuseOf: ReusedPart = .residual, for run: PlanSubject,
        calibration: CalibrationSummary?,
        seed: UInt64 = 0
    ) throws(PlanError) -> CachePlan {
        if limits == CorrectionLimits() {
            return try make(
                policy: policy, rules: rules, score: score, reuseOf: reuseOf, for: run,
                calibration: calibration,
                seed: seed)
        }
        var best: CachePlan?
        for choice in limits.choices {
            let plan = try make(
                policy: policy, rules: rules, score: score, correction: choice, reuseOf: reuseOf, for: run,
                calibration: calibration, seed: seed)
            // Of equal ones the cheaper, which comes first.
            if best.map({ plan.predictedError < $0.predictedError }) ?? true { best = plan }
        }
        guard let best else { preconditionFailure("CorrectionLimits: no correction within \(limits)") }
        return best
    }
}
