import Engines
import Tensors

/// Layer norm with weight and bias, torch's `nn.LayerNorm`, as U-ViT has it everywhere.
struct AffineNorm {
    /// torch's default.
    private static let epsilon: Float = 1e-5

    private let weight: Tensor
    private let bias: Tensor

    init(_ layers: PartLayers, _ name: String) {
        weight = layers.tensor(name + ".weight")
        bias = layers.tensor(name + ".bias")
    }

    var byteCount: Int { weight.byteCount + bias.byteCount }

    /// Of x [M, N, D] f32 into y [M, N, D], f32 or bf16.
    func apply(_ x: Tensor, into y: Tensor, _ engine: any Engine) {
        engine.layerNorm(
            RowsView(x), weight: weight, bias: bias, epsilon: Self.epsilon, into: RowsView(y))
    }
}
