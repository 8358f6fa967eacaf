/// Reuses while the first block's input has changed little: TeaCache (arXiv 2411.19108).
///
/// m_i is the modulated input LN(h)·(1 + scale) + shift of block 0 at step i. A ← A + p(mean|m_i − m_{i−1}| /
/// mean|m_{i−1}|); while A < δ the residual of all blocks of the last computed step is reused, else the step is
/// computed and A ← 0. The first and the last step are computed.
///
/// p is a polynomial of degree 4 from that change to the relative change of the output, fitted in calibration to the
/// guided predictions; where δ is given by hand there is no calibration and p is the identity. With guidance the
/// conditional branch speaks for both.
///
/// Source: ali-vilab/TeaCache. Default: δ as the budget wants it (0.1 … 0.2 there for video models).
/// Limits: p is the model's own, since no published one is for a class-conditional DiT; values of p below 0 count as
/// 0. Every step's latent goes to the head and back.
public struct TeaCachePolicy: DynamicPolicy {
    /// The policy.
    public init() {}

    /// `teacache`.
    public var name: PolicyName { .teacache }

    static let description = PolicyDescription(
        "reuse while the first block's input has changed little, image by image", from: "arXiv 2411.19108",
        options: [.budget, .threshold], needsCalibration: true, .dynamic(TeaCachePolicy()))

    /// p.
    public var fitsPolynomial: Bool { true }

    /// The rule with the given δ.
    public func rule(threshold: Double, steps: Int) -> DynamicRule {
        DynamicRule(.modulatedInput, threshold: threshold)
    }
}
