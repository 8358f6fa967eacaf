import CachePlanning
import Evaluation
import Models
import Tensors

extension CachePlan {
    /// What the plan costs for one image, but for the seconds, which are measured.
    ///
    /// - Block evaluations: those of a branch (``cost(_:)``) · branches.
    /// - Floating-point operations of the blocks' products: two for each multiplication.
    /// - Bytes that one more rank would see: the hidden states of each travelling step and branch, N·D activations, and
    ///   the long skips that a cut in the middle has under way.
    /// - Parameter decided: computed steps of the images that were drawn, on average, under a dynamic rule.
    func cost(
        on model: any DenoiserConfiguration, branches: Int, activations: ElementType, seconds: Double,
        decided: Double? = nil
    ) -> EvaluationCost {
        let branches = Double(branches)
        let products = model.products
        let flopsPerEvaluation = 2 * products.reduce(0) { $0 + Double($1.whole) } / Double(model.blocks)
        let stateBytes = Double(model.layout.rows * model.layout.width * activations.byteCount)
        let skips = model.skipsUnderWay(before: model.blocks / 2).count
        if let dynamic {
            let computed = decided ?? Double(steps)
            let evaluations =
                branches * dynamic.blockEvaluations(computedSteps: computed, of: steps, blocks: model.blocks)
            // The first block's output goes to the tail at every step.
            let travels = computed + Double(dynamic.blocksOfReusedStep * steps)
            return EvaluationCost(
                computedSteps: computed, equalSteps: evaluations / (branches * Double(model.blocks)),
                blockEvaluations: evaluations,
                flops: evaluations * flopsPerEvaluation, seconds: seconds,
                bytesMoved: branches * travels * Double(1 + skips) * stateBytes)
        }
        let cost = cost(products)
        let evaluations = branches * cost.blockEvaluations
        let states = cost.travellingStates + skips * cost.travellingSteps
        return EvaluationCost(
            computedSteps: Double(cost.count(.computed) + cost.count(.partial)),
            equalSteps: evaluations / (branches * Double(model.blocks)), blockEvaluations: evaluations,
            flops: evaluations * flopsPerEvaluation, seconds: seconds,
            bytesMoved: branches * Double(states) * stateBytes)
    }
}
