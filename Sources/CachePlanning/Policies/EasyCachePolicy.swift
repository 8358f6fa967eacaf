/// Reuses while the latent's way says that the output has changed little: EasyCache (arXiv 2507.02860).
///
/// k = mean|y_j − y_l| / mean|x_j − x_l| of the last two computed steps j and l, y the guided prediction and x the
/// latent before it. A ← A + k·mean|x_i − x_{i−1}| / mean|y_j|; while A < τ the prediction y_j is reused, else the step
/// is computed and A ← 0. A tenth of the steps, at least two, are computed first, and the last one.
///
/// Source: H-EmbodVis/EasyCache. Default: τ as the budget wants it (0.025 there, for flow models with 5 first steps).
/// Limits: there a reused step takes x_i + (y_j − x_j), which suits velocities; for predicted noise y_j itself is
/// nearer. The tail decides nothing: its number goes to rank 0 and the decision comes back.
public struct EasyCachePolicy: DynamicPolicy {
    /// The policy.
    public init() {}

    /// `easycache`.
    public var name: PolicyName { .easycache }

    static let description = PolicyDescription(
        "reuse while the latent's way says the output changed little, image by image",
        from: "arXiv 2507.02860", options: [.budget, .threshold], needsCalibration: true,
        .dynamic(EasyCachePolicy()))

    /// The rule with the given τ.
    public func rule(threshold: Double, steps: Int) -> DynamicRule {
        DynamicRule(.outputChange, threshold: threshold, computedFirst: min(steps, max(2, steps / 10)))
    }
}
