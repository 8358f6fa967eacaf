/// FORA's mask, each reused output moved on along the cache's last change: GOC (arXiv 2503.05156).
///
/// Ĉ = C₁ + η·(C₁ − C₂), where C₁ and C₂ are what the cache held one and two steps ago. As in the authors' code the
/// two move up at every step, so that C₂ is mostly itself a forecast; two computed steps n apart would give n times
/// the change and another meaning to η.
///
/// Source: qiujx0520/GOC_ICCV2025, DiT/models/models.py. Defaults n = 2 and η = 1.2, the authors' for alternating
/// masks (0.8 on masks of L2C).
/// Limits: the authors leave the term out at steps that they found for 20 DDIM steps of DiT-XL/2; here it is at all
/// reused steps. With n above 2 forecasts build on forecasts, which an η near 1 does not bear: 9 dB on the built-in
/// model at n = 3, so that η wants a search.
public struct GOCPolicy: ModulePolicy {
    /// n: from a computed step to the next.
    public var interval: Int
    /// η.
    public var gradient: Double

    /// `goc`.
    public var name: PolicyName { .goc }

    static let description = PolicyDescription(
        "as fora, outputs moved on along their last change", from: "arXiv 2503.05156",
        options: [.interval, .gradient], needsCalibration: false,
        .modules(GOCPolicy.self) { GOCPolicy(interval: $0.interval, gradient: $0.gradient) })

    /// The policy with the given distance of computed steps and η.
    public init(interval: Int? = nil, gradient: Double? = nil) {
        self.interval = interval ?? 2
        self.gradient = gradient ?? 1.2
    }

    /// The same mask for all blocks.
    public func modules(steps: Int, blocks: Int, changes: ModuleChanges?) throws(PlanError) -> ModulePlan {
        try check("gradient", gradient, (-10...10).contains(gradient), "-10 … 10")
        return try ModulePlan(
            .gradient(eta: gradient), allBlocks: try FORAPolicy(interval: interval).computedSteps(of: steps),
            blocks: blocks)
    }

    /// Every interval, each with η from 0, which is FORA, to 1.4.
    public static func settings(steps: Int, blocks: Int, changes: ModuleChanges?) -> [any ModulePolicy] {
        intervals(steps: steps).flatMap { interval in
            (0...7).map { GOCPolicy(interval: interval, gradient: Double($0) / 5) }
        }
    }
}
