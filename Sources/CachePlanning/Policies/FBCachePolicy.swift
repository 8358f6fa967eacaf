/// Reuses while the first block does much the same: First-Block Cache.
///
/// R is what block 0 adds to its input. A step is reused while mean|R_i − R_j| / mean|R_j| < δ, j the last computed
/// step: block 0 is computed, and in the others' place stands what they added at step j. The first and the last step
/// are computed. With guidance the conditional branch's R speaks for both.
///
/// Source: chengzeyi/ParaAttention, and diffusers' `FirstBlockCacheConfig`. Default: δ as the budget wants it (0.05
/// in diffusers, 0.06 … 0.12 for FLUX).
/// Limits: a reused step costs a block. With several ranks block 0's output goes from the head to the tail at every
/// step, computed or reused, since the tail needs it to know what the other blocks add.
public struct FBCachePolicy: DynamicPolicy {
    /// The policy.
    public init() {}

    /// `fbcache`.
    public var name: PolicyName { .fbcache }

    static let description = PolicyDescription(
        "reuse while the first block does much the same, image by image", from: "ParaAttention, diffusers",
        options: [.budget, .threshold], needsCalibration: true, .dynamic(FBCachePolicy()))

    /// The rule with the given δ.
    public func rule(threshold: Double, steps: Int) -> DynamicRule {
        DynamicRule(.firstBlock, threshold: threshold)
    }
}
