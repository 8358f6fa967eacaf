/// Reuses each kind of module while calibration saw it change little: SmoothCache (arXiv 2411.10510).
///
/// E_m[k][i] = ‖L_i − L_{i−k}‖₁ / ‖L_i‖₁ of a module's ungated output, averaged over blocks and trajectories, for
/// attention and feed-forward layers apart. From a computed step i the most k ≤ 3 with E_m[k][i + k] ≤ α is taken:
/// i + 1 … i + k are reused and i + k + 1 is next; with none the next step is computed. The first and the last step
/// are computed.
///
/// Source: Roblox/SmoothCache, `_scan_nrows_sublists`, whose DiT runs had α between 0.08 and 0.35. Default α = 0.18.
/// Limits: one decision for all blocks; the errors of different kinds are not weighed against each other, and what
/// an error does to the final picture is not asked.
public struct SmoothCachePolicy: ModulePolicy {
    /// α.
    public var threshold: Double

    /// `smoothcache`.
    public var name: PolicyName { .smoothcache }

    static let description = PolicyDescription(
        "reuse each kind of module while calibration saw it change little", from: "arXiv 2411.10510",
        options: [.threshold], needsCalibration: true,
        .modules(SmoothCachePolicy.self) { SmoothCachePolicy(threshold: $0.threshold) })

    /// The policy with the given largest change.
    public init(threshold: Double? = nil) { self.threshold = threshold ?? 0.18 }

    /// A mask for all attention and one for all feed-forward layers; it needs calibration.
    public func modules(steps: Int, blocks: Int, changes: ModuleChanges?) throws(PlanError) -> ModulePlan {
        try check("threshold", threshold, threshold >= 0 && threshold.isFinite, "a number of 0 or more")
        guard let changes else {
            throw PlanError(
                .calibration, "policy \(name.rawValue): expected a calibration run, found none")
        }
        try check("calibration: steps", changes.steps, changes.steps == steps, "\(steps)")
        func mask(_ module: BlockModule) -> [[Bool]] {
            computedSteps(of: steps) { step, lag in changes.mean(module, at: step, lag: lag) }
                .map { Array(repeating: $0, count: blocks) }
        }
        return try ModulePlan(.reuse, attention: mask(.attention), mlp: mask(.mlp))
    }

    /// A threshold at every change that calibration saw; without calibration the default.
    public static func settings(steps: Int, blocks: Int, changes: ModuleChanges?) -> [any ModulePolicy] {
        changes?.means.map { SmoothCachePolicy(threshold: $0) } ?? [SmoothCachePolicy()]
    }

    private func computedSteps(of steps: Int, change: (_ step: Int, _ lag: Int) -> Double) -> [Bool] {
        var computed = Array(repeating: true, count: steps)
        var step = 0
        while step < steps {
            // The last step stays out of it.
            let lags = (1...ModuleChanges.reach).filter { step + $0 < steps - 1 }
            let run = lags.last { change(step + $0, $0) <= threshold } ?? 0
            for lag in 0..<run { computed[step + 1 + lag] = false }
            step += run + 1
        }
        return computed
    }
}
