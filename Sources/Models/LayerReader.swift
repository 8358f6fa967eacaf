import Checkpoints
import Engines
import Tensors

/// Reads layers by the names that PyTorch gives their tensors, and packs them.
struct LayerReader {
    let weights: WeightArchive
    let engine: any Engine

    /// The linear layer `name.weight` [outputs, inputs], `name.bias` [outputs].
    func linear(_ name: String, inputs: Int, outputs: Int) throws(CheckpointError) -> any PackedLinear {
        try linear([name], inputs: inputs, outputs: outputs)
    }

    /// Several linear layers of one input as one, their outputs side by side.
    func linear(_ names: [String], inputs: Int, outputs: Int) throws(CheckpointError) -> any PackedLinear {
        let weight = Tensor(zeros: [names.count * outputs, inputs])
        let bias = Tensor(zeros: [names.count * outputs])
        for (index, name) in names.enumerated() {
            let rows = index * outputs..<(index + 1) * outputs
            weight.rows(rows).copy(from: try weights.read(name + ".weight", shape: [outputs, inputs]))
            bias.rows(rows).copy(from: try weights.read(name + ".bias", shape: [outputs]))
        }
        return engine.pack(weight: weight, bias: bias)
    }

    /// The convolution `name.weight` [outputs, inputs, kernel, kernel], `name.bias` [outputs].
    func convolution(
        _ name: String, inputs: Int, outputs: Int, kernel: Int
    ) throws(CheckpointError) -> any PackedConvolution {
        engine.pack(
            convolution: try weights.read(name + ".weight", shape: [outputs, inputs, kernel, kernel]),
            bias: try weights.read(name + ".bias", shape: [outputs]))
    }
}
