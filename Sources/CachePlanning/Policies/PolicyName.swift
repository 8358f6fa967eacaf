/// The policies, by the names that the command line and plans use.
public enum PolicyName: String, CaseIterable, Codable, Sendable {
    /// ``NoReuse``.
    case none
    /// ``ErrorPolicy`` or ``CurvaturePolicy``.
    case omnicache
    /// ``UniformPolicy``.
    case uniform
    /// ``LatePolicy``.
    case late
    /// ``SimilarityPolicy``.
    case similarity

    /// Whether the choice of steps needs a calibration run. (The noise correction always does.)
    public var needsCalibration: Bool {
        switch self {
        case .none, .uniform, .late: false
        case .omnicache, .similarity: true
        }
    }

    /// What it does, in a line.
    public var summary: String {
        switch self {
        case .none: "compute every step"
        case .omnicache:
            "reuse where it changes the final latent least, seen over the whole trajectory (OmniCache)"
        case .uniform: "reuse at even distances"
        case .late: "reuse as late as the rules allow"
        case .similarity: "reuse where the output changed least from the step before"
        }
    }

    /// The policy itself.
    /// - Parameters:
    ///   - score: what `omnicache` scores by; the others do not look at it.
    ///   - correction: what the reused predictions will be corrected with.
    public func policy(
        score: PlanScore = .error, correction: CorrectionChoice = .measuredBest
    ) -> any CachePolicy {
        switch self {
        case .none: NoReuse()
        case .omnicache:
            switch score {
            case .error: ErrorPolicy(correction: correction)
            case .curvature(let measure): CurvaturePolicy(measure: measure)
            }
        case .uniform: UniformPolicy()
        case .late: LatePolicy()
        case .similarity: SimilarityPolicy()
        }
    }
}

/// What `omnicache` scores steps by.
public enum PlanScore: Sendable, Equatable {
    /// The error that reuse leaves in the final latent: ``ErrorPolicy``.
    case error
    /// The curvature of the path, as the paper has it: ``CurvaturePolicy``.
    case curvature(CurvatureMeasure)
}
