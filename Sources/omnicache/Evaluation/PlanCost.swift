import CachePlanning
import Checkpoints
import Evaluation
import Tensors

extension CachePlan {
    /// What the plan costs for one image, but for the seconds, which are measured.
    ///
    /// - Block evaluations: computed steps · blocks · branches.
    /// - Floating-point operations of the blocks' products, two for each multiplication, for a block, image and
    ///   branch: 2·N·12·D² in the linear maps of attention (4·D²) and MLP (8·D²), 4·N²·D in attention's two
    ///   products, 2·6·D² in the map of the conditioning.
    /// - Bytes that one more rank would see: the hidden state of each computed step and branch, N·D activations.
    func cost(
        on model: DiTConfiguration, isGuided: Bool, activations: ElementType, seconds: Double
    ) -> EvaluationCost {
        let (tokens, width) = (Double(model.tokens), Double(model.width))
        let computed = Double(mask.computedSteps.count)
        let passes = computed * (isGuided ? 2 : 1)
        let evaluations = passes * Double(model.blocks)
        let products = 24 * tokens * width * width + 4 * tokens * tokens * width + 12 * width * width
        return EvaluationCost(
            computedSteps: computed, blockEvaluations: evaluations, flops: evaluations * products,
            seconds: seconds, bytesMoved: passes * tokens * width * Double(activations.byteCount))
    }
}
