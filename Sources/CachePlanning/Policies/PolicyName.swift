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

    /// Whether the choice of steps needs a calibration run. (The noise correction always does.)
    public var needsCalibration: Bool {
        switch self {
        case .none, .uniform, .late, .fora, .taylorseer, .goc, .l2c, .deltadit: false
        case .planned, .omnicache, .similarity, .magcache, .smoothcache: true
        // For the threshold that spends the budget.
        case .teacache, .fbcache, .easycache: true
        }
    }

    /// Whether it chooses modules of blocks rather than whole steps.
    public var choosesModules: Bool {
        switch self {
        case .none, .planned, .omnicache, .uniform, .late, .similarity, .magcache: false
        case .teacache, .fbcache, .easycache: false
        case .fora, .taylorseer, .goc, .l2c, .smoothcache, .deltadit: true
        }
    }

    /// The policy that decides while sampling, if this is one.
    public var dynamicPolicy: (any DynamicPolicy)? {
        switch self {
        case .teacache: TeaCachePolicy()
        case .fbcache: FBCachePolicy()
        case .easycache: EasyCachePolicy()
        default: nil
        }
    }

    /// What it does, in a line.
    public var summary: String {
        switch self {
        case .none: "compute every step"
        case .planned: "reuse where it changes the final latent least, seen over the whole trajectory"
        case .omnicache: "reuse where the sampling path bends least, and take the noise of it off (OmniCache)"
        case .uniform: "reuse at even distances"
        case .late: "reuse as late as the rules allow"
        case .similarity: "reuse where the output changed least from the step before"
        case .magcache: "reuse while the magnitude of what the blocks add holds (MagCache)"
        case .fora: "compute every n-th step, reuse modules' outputs between"
        case .taylorseer: "compute every n-th step, forecast modules' outputs between"
        case .goc: "as fora, outputs moved on along their last change"
        case .l2c: "learned masks of modules, from a plan file"
        case .smoothcache: "reuse each kind of module while calibration saw it change little"
        case .deltadit: "reuse what rear blocks added early on, and front blocks later"
        case .teacache: "reuse while the first block's input has changed little, image by image"
        case .fbcache: "reuse while the first block does much the same, image by image"
        case .easycache: "reuse while the latent's way says the output changed little, image by image"
        }
    }

    /// The policy that chooses steps, if this is one; others choose modules.
    /// - Parameters:
    ///   - score: what `omnicache` scores by; the others do not look at it.
    ///   - correction: what the reused predictions will be corrected with.
    public func policy(
        score: CurvatureMeasure = .turn, correction: CorrectionChoice = .measuredBest
    ) -> (any CachePolicy)? {
        switch self {
        case .fora, .taylorseer, .goc, .l2c, .smoothcache, .deltadit: nil
        case .teacache, .fbcache, .easycache: nil
        case .none: NoReuse()
        case .planned: ErrorPolicy(correction: correction)
        case .omnicache: CurvaturePolicy(measure: score)
        case .uniform: UniformPolicy()
        case .late: LatePolicy()
        case .similarity: SimilarityPolicy()
        case .magcache: MagCachePolicy()
        }
    }
}
