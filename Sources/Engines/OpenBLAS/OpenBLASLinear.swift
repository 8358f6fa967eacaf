import Tensors

/// A linear layer's weights as they came: OpenBLAS packs them in each product.
final class OpenBLASLinear: PackedLinear {
    let weight: Tensor
    let bias: Tensor?
    let tiles: LinearTiles
    var inputWidth: Int { weight.shape[1] }
    var outputWidth: Int { weight.shape[0] }
    var byteCount: Int { weight.byteCount + (bias?.byteCount ?? 0) }

    init(weight: Tensor, bias: Tensor?) {
        precondition(
            weight.shape.count == 2 && (bias.map { $0.shape == [weight.shape[0]] } ?? true),
            "linear: weight \(weight.shape), bias \(bias.map { "\($0.shape)" } ?? "none")")
        self.weight = weight.duplicate()
        self.bias = bias?.duplicate()
        // The library packs the rows anew for each piece, which many columns outweigh.
        tiles = LinearTiles(inputs: weight.shape[1], outputs: weight.shape[0], limit: 512)
    }
}

extension Tensor {
    /// A copy that owns its memory.
    func duplicate() -> Tensor {
        let copy = Tensor(zeros: shape, elementType)
        copy.copy(from: self)
        return copy
    }
}
