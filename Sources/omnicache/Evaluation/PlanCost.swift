import CachePlanning
import Checkpoints
import Evaluation
import Tensors

extension CachePlan {
    /// What the plan costs for one image, but for the seconds, which are measured.
    ///
    /// - Block evaluations: those of a branch (``cost(blocks:_:)``) · branches.
    /// - Floating-point operations of the blocks' products: two for each multiplication.
    /// - Bytes that one more rank would see: the hidden state of each travelling step and branch, N·D activations.
    func cost(
        on model: DiTConfiguration, isGuided: Bool, activations: ElementType, seconds: Double
    ) -> EvaluationCost {
        let cost = cost(blocks: model.blocks, model.products)
        let branches = isGuided ? 2.0 : 1.0
        let evaluations = branches * cost.blockEvaluations
        return EvaluationCost(
            computedSteps: Double(cost.count(.computed) + cost.count(.partial)),
            blockEvaluations: evaluations,
            flops: evaluations * 2 * Double(model.products.whole), seconds: seconds,
            bytesMoved: branches
                * Double(cost.travellingSteps * model.tokens * model.width * activations.byteCount))
    }
}

extension DiTConfiguration {
    /// How the products of a block are spread over its parts.
    var products: BlockProducts { BlockProducts(tokens: tokens, width: width) }
}
