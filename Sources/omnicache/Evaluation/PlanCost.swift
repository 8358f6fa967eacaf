import CachePlanning
import Checkpoints
import Evaluation
import Tensors

extension CachePlan {
    /// What the plan costs for one image, but for the seconds, which are measured.
    ///
    /// - Block evaluations: those of a branch (``cost(blocks:_:)``) · branches.
    /// - Floating-point operations of the blocks' products: two for each multiplication.
    /// - Bytes that one more rank would see: the hidden states of each travelling step and branch, N·D activations.
    /// - Parameter decided: computed steps of the images that were drawn, on average, under a dynamic rule.
    func cost(
        on model: DiTConfiguration, isGuided: Bool, activations: ElementType, seconds: Double,
        decided: Double? = nil
    ) -> EvaluationCost {
        let branches = isGuided ? 2.0 : 1.0
        if let dynamic {
            let computed = decided ?? Double(steps)
            let evaluations =
                branches * dynamic.blockEvaluations(computedSteps: computed, of: steps, blocks: model.blocks)
            // The first block's output goes to the tail at every step.
            let travels = computed + Double(dynamic.blocksOfReusedStep * steps)
            return EvaluationCost(
                computedSteps: computed, equalSteps: evaluations / (branches * Double(model.blocks)),
                blockEvaluations: evaluations,
                flops: evaluations * 2 * Double(model.products.whole), seconds: seconds,
                bytesMoved: branches * travels
                    * Double(model.tokens * model.width * activations.byteCount))
        }
        let cost = cost(blocks: model.blocks, model.products)
        let evaluations = branches * cost.blockEvaluations
        return EvaluationCost(
            computedSteps: Double(cost.count(.computed) + cost.count(.partial)),
            equalSteps: evaluations / (branches * Double(model.blocks)), blockEvaluations: evaluations,
            flops: evaluations * 2 * Double(model.products.whole), seconds: seconds,
            bytesMoved: branches
                * Double(cost.travellingStates * model.tokens * model.width * activations.byteCount))
    }
}

extension DiTConfiguration {
    /// How the products of a block are spread over its parts.
    var products: BlockProducts { BlockProducts(tokens: tokens, width: width) }
}
