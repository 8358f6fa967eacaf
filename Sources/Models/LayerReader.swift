import Checkpoints
import Engines
import Files
import Tensors

/// Reads layers by the names that PyTorch gives their tensors, and packs them.
///
/// All layers pass through one piece of memory, as large as the largest of them: memory of its own for each
/// would cost as much time as packing, and leave holes between what is packed.
final class LayerReader {
    let weights: WeightArchive
    let engine: any Engine
    /// To be called after each layer, and each megabyte of it.
    let afterEach: () -> Void
    private var memory = AlignedBytes(byteCount: 0)

    init(_ weights: WeightArchive, _ engine: any Engine, afterEach: @escaping () -> Void) {
        self.weights = weights
        self.engine = engine
        self.afterEach = afterEach
    }

    /// The linear layer `name.weight` [outputs, inputs], `name.bias` [outputs].
    func linear(_ name: String, inputs: Int, outputs: Int) throws(ReadError) -> any PackedLinear {
        try linear([name], inputs: inputs, outputs: outputs)
    }

    /// Several linear layers of one input as one, their outputs side by side.
    func linear(_ names: [String], inputs: Int, outputs: Int) throws(ReadError) -> any PackedLinear {
        let weight = tensor([names.count * outputs, inputs])
        let bias = Tensor(zeros: [names.count * outputs])
        for (index, name) in names.enumerated() {
            let rows = index * outputs..<(index + 1) * outputs
            try weights.read(name + ".weight", into: weight.rows(rows), afterEachPiece: afterEach)
            try weights.read(name + ".bias", into: bias.rows(rows))
        }
        defer { afterEach() }
        return engine.pack(weight: weight, bias: bias)
    }

    /// The convolution `name.weight` [outputs, inputs, kernel, kernel], `name.bias` [outputs].
    func convolution(
        _ name: String, inputs: Int, outputs: Int, kernel: Int
    ) throws(ReadError) -> any PackedConvolution {
        let weight = tensor([outputs, inputs, kernel, kernel])
        let bias = Tensor(zeros: [outputs])
        try weights.read(name + ".weight", into: weight, afterEachPiece: afterEach)
        try weights.read(name + ".bias", into: bias)
        defer { afterEach() }
        return engine.pack(convolution: weight, bias: bias)
    }

    /// Memory for a layer, which the next one will overwrite.
    private func tensor(_ shape: [Int]) -> Tensor {
        let byteCount = Tensor.elementCount(of: shape) * ElementType.f32.byteCount
        if memory.byteCount < byteCount { memory = AlignedBytes(byteCount: byteCount) }
        return Tensor(memory, byteOffset: 0, shape: shape)
    }
}
