/// The policies, by the names that the command line and plans use.
public enum PolicyName: String, CaseIterable, Codable, Sendable {
    /// ``NoReuse``.
    case none
    /// ``CurvaturePolicy``.
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
        case .omnicache: "reuse where the trajectory bends least (OmniCache)"
        case .uniform: "reuse at even distances"
        case .late: "reuse as late as the rules allow"
        case .similarity: "reuse where the output changed least from the step before"
        }
    }

    /// The policy itself.
    /// - Parameter measure: what `omnicache` scores by; the others do not look at it.
    public func policy(measure: CurvatureMeasure = .turn) -> any CachePolicy {
        switch self {
        case .none: NoReuse()
        case .omnicache: CurvaturePolicy(measure: measure)
        case .uniform: UniformPolicy()
        case .late: LatePolicy()
        case .similarity: SimilarityPolicy()
        }
    }
}
