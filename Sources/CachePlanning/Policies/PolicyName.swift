/// The policies, by the names that the command line and plans use.
public enum PolicyName: String, CaseIterable, Codable, Sendable {
    /// ``NoReuse``.
    case none
    /// ``ErrorPolicy``: ours, and the default.
    case planned
    /// ``CurvaturePolicy``.
    case omnicache
    /// ``UniformPolicy``.
    case uniform
    /// ``LatePolicy``.
    case late
    /// ``SimilarityPolicy``.
    case similarity
    /// ``MagCachePolicy``.
    case magcache
    /// ``FORAPolicy``.
    case fora
    /// ``TaylorSeerPolicy``.
    case taylorseer
    /// ``GOCPolicy``.
    case goc
    /// Learned masks of modules (Learning-to-Cache), which come as a plan file.
    case l2c
    /// ``SmoothCachePolicy``.
    case smoothcache
    /// ``DeltaDiTPolicy``.
    case deltadit
    /// ``TeaCachePolicy``.
    case teacache
    /// ``FBCachePolicy``.
    case fbcache
    /// ``EasyCachePolicy``.
    case easycache

    /// What there is to know of it.
    public var description: PolicyDescription {
        switch self {
        case .none: NoReuse.description
        case .planned: ErrorPolicy.description
        case .omnicache: CurvaturePolicy.description
        case .uniform: UniformPolicy.description
        case .late: LatePolicy.description
        case .similarity: SimilarityPolicy.description
        case .magcache: MagCachePolicy.description
        case .fora: FORAPolicy.description
        case .taylorseer: TaylorSeerPolicy.description
        case .goc: GOCPolicy.description
        case .l2c: .learnedMasks
        case .smoothcache: SmoothCachePolicy.description
        case .deltadit: DeltaDiTPolicy.description
        case .teacache: TeaCachePolicy.description
        case .fbcache: FBCachePolicy.description
        case .easycache: EasyCachePolicy.description
        }
    }
}
