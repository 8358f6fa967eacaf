/// What stands in for the blocks at a reused step of a plan of whole steps.
public enum ReusedPart: String, Sendable, Codable, CaseIterable {
    /// The residual h_L − h_0 of the last computed step, or its forecast.
    case residual
    /// Σ_l g_l(t_i)·C_l: the attention and MLP outputs C of the last computed step, or their forecast, under the gates g
    /// of the reused one.
    ///
    /// So the cache of OmniCache (arXiv 2508.16212), FORA (arXiv 2407.01425) and others is, and with forecasts that of
    /// TaylorSeer (arXiv 2503.06923). Since no gate depends on the latent, the sums are made where the outputs are, at
    /// the computed step, for the reused ones to come; and since a forecast is a weighted sum of outputs, the same sum
    /// of sums is their forecast.
    case modules
}

extension ReuseMask {
    /// The later steps whose forecast of an order looks back at a computed step: all up to the computed step `order`
    /// after the next, that one included.
    public func stepsForecast(from step: Int, order: Int) -> Range<Int> {
        guard computed[step] else { return step..<step }
        let next = computed.indices.filter { $0 > step && computed[$0] }
        return step + 1..<(next.count > order ? next[order] + 1 : steps)
    }
}

extension CachePlan {
    /// The later steps for which a computed step's modules are summed up: reused ones that take them, and computed ones
    /// where a shadow pass asks what reuse would have predicted.
    public func sumSteps(of step: Int) -> [Int] {
        guard reuseOf == .modules else { return [] }
        return mask.stepsForecast(from: step, order: correction.forecastOrder).filter {
            !mask.computed[$0] || needsShadowPass(at: $0)
        }
    }

    /// Hidden states that go from a rank to the next at a step, for each image and branch: its own, and the sums.
    public func travellingStates(at step: Int) -> Int { travels(at: step) ? 1 + sumSteps(of: step).count : 0 }
}
