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

    /// A declared linear layer.
    func linear(_ layer: LayerSpecification) throws(ReadError) -> any PackedLinear {
        guard case .linear(let inputs, let outputs, let hasBias, let stored) = layer.kind else {
            preconditionFailure("LayerReader: \(layer.names) is no linear layer")
        }
        return try linear(layer.names, inputs: inputs, outputs: outputs, hasBias: hasBias, stored: stored)
    }

    /// Several linear layers of one input as one, their outputs side by side: `name.weight` [outputs, inputs] and
    /// `name.bias` [outputs] of each.
    /// - Parameter stored: a weight's shape in the file, where it is another.
    func linear(
        _ names: [String], inputs: Int, outputs: Int, hasBias: Bool = true, stored: [Int]? = nil
    ) throws(ReadError) -> any PackedLinear {
        let (weight, bias) = try numbers(
            names, inputs: inputs, outputs: outputs, hasBias: hasBias, stored: stored)
        defer { afterEach() }
        return engine.pack(weight: weight, bias: bias)
    }

    /// Reads a declared linear layer for nothing but the hashes of its tensors.
    func pass(_ layer: LayerSpecification) throws(ReadError) {
        guard case .linear(let inputs, let outputs, let hasBias, let stored) = layer.kind else {
            preconditionFailure("LayerReader: \(layer.names) is no linear layer")
        }
        _ = try numbers(layer.names, inputs: inputs, outputs: outputs, hasBias: hasBias, stored: stored)
        afterEach()
    }

    private func numbers(
        _ names: [String], inputs: Int, outputs: Int, hasBias: Bool, stored: [Int]?
    ) throws(ReadError) -> (weight: Tensor, bias: Tensor?) {
        let weight = tensor([names.count * outputs, inputs])
        let bias = hasBias ? Tensor(zeros: [names.count * outputs]) : nil
        for (index, name) in names.enumerated() {
            let rows = index * outputs..<(index + 1) * outputs
            let own = weight.rows(rows)
            try weights.read(
                name + ".weight", into: stored.map { own.reshaped($0) } ?? own, afterEachPiece: afterEach)
            if let bias { try weights.read(name + ".bias", into: bias.rows(rows)) }
        }
        return (weight, bias)
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
