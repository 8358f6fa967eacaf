/// What stands in for the blocks at a reused step of a plan of whole steps.
public enum ReusedPart: String, Sendable, Codable, CaseIterable {
    /// The residual h_L − h_0 of the last computed step, or its forecast.
    case residual
    /// Σ_l g_l(t_i)·C_l: the attention and MLP outputs C of the last computed step under the gates g of the reused one.
    ///
    /// So the cache of OmniCache (arXiv 2508.16212), FORA (arXiv 2407.01425) and others is. Since no gate depends on
    /// the latent, the sums are made where the outputs are, at the computed step, for the reused ones to come.
    case modules
}

extension CachePlan {
    /// The later steps for which a computed step's modules are summed up: the reused ones that follow, and the next
    /// computed one where a shadow pass asks there what reuse would have predicted.
    public func sumSteps(of step: Int) -> [Int] {
        guard reuseOf == .modules, mask.computed[step] else { return [] }
        let reused = mask.computed[(step + 1)...].prefix { !$0 }.indices
        let next = reused.upperBound
        return Array(reused) + (next < steps && needsShadowPass(at: next) ? [next] : [])
    }

    /// Hidden states that go from a rank to the next at a step, for each image and branch: its own, and the sums.
    public func travellingStates(at step: Int) -> Int { travels(at: step) ? 1 + sumSteps(of: step).count : 0 }
}
