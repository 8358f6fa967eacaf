/// Computes everything at every n-th step and forecasts every module's output between: TaylorSeer (arXiv 2503.06923).
///
/// Ĉ(i) = Σ_{k ≤ m} D^k·d^k/k! with d the steps since the last computed one; D⁰ is the output there, and
/// D^{k+1} = (D^k − D^k at the computed step before) / (steps between the two). Each computed step makes one more
/// order known, up to m. The first two steps are computed, then every n-th after the second.
///
/// Source: Shenyi-Z/TaylorSeer, TaylorSeer-DiT/taylor_utils. Defaults n = 4 and m = 4, the authors' recommendation
/// for 50 DDIM steps.
/// Limits: m + 1 tensors for each module; the last step is computed only if it falls on the n-th.
public struct TaylorSeerPolicy: ModulePolicy {
    /// n: from a computed step to the next.
    public var interval: Int
    /// m: the highest derivative.
    public var order: Int

    /// `taylorseer`.
    public var name: PolicyName { .taylorseer }

    static let description = PolicyDescription(
        "compute every n-th step, forecast modules' outputs between", from: "arXiv 2503.06923",
        options: [.interval, .order], needsCalibration: false,
        .modules(TaylorSeerPolicy.self) { TaylorSeerPolicy(interval: $0.interval, order: $0.order) })

    /// The policy with the given distance of computed steps and order.
    public init(interval: Int? = nil, order: Int? = nil) {
        self.interval = interval ?? 4
        self.order = order ?? 4
    }

    /// The same mask for all blocks.
    public func modules(steps: Int, blocks: Int, changes: ModuleChanges?) throws(PlanError) -> ModulePlan {
        try check("interval", interval, interval >= 1, "1 or more")
        let most = ModuleCombination.highestOrder
        try check("order", order, (0...most).contains(order), "0 … \(most)")
        return try ModulePlan(
            .taylor(order: order), allBlocks: (0..<steps).map { $0 == 0 || ($0 - 1) % interval == 0 },
            blocks: blocks)
    }

    /// Every interval with every order.
    public static func settings(steps: Int, blocks: Int, changes: ModuleChanges?) -> [any ModulePolicy] {
        intervals(steps: steps).flatMap { interval in
            (0...ModuleCombination.highestOrder).map { TaylorSeerPolicy(interval: interval, order: $0) }
        }
    }
}
