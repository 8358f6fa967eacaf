import Checkpoints
import Engines
import Tensors

/// Timestep and label embedding: diffusers' `CombinedTimestepLabelEmbeddings`.
///
/// The label table is kept: it is small beside a block, and no rank then has to ask for its rows while it runs.
final class Conditioner {
    private let engine: any Engine
    private let first: any PackedLinear
    private let second: any PackedLinear
    private let labelTable: Tensor
    private let scratch = ScratchTensors()
    private var timestepEmbeddings: [Int: Tensor] = [:]

    init(_ tensors: EmbedderTensors, _ engine: any Engine) {
        self.engine = engine
        first = engine.pack(weight: tensors.firstWeight, bias: tensors.firstBias)
        second = engine.pack(weight: tensors.secondWeight, bias: tensors.secondBias)
        labelTable = tensors.labelTable
    }

    var byteCount: Int { first.byteCount + second.byteCount + labelTable.byteCount }

    /// silu(timestep embedding + label embedding) of each image, [M, 1, D] of the activation type.
    /// - Parameter memory: a tensor of that shape, if there is one, that the result may take.
    func activated(timestep: Int, labels: [Int], in memory: Tensor?) -> Tensor {
        let sum = scratch.tensor("sum", [labels.count, 1, labelTable.shape[1]])
        let embeddedTimestep = embedding(timestep: timestep)
        for (image, label) in labels.enumerated() {
            let row = sum[image]
            row.copy(from: embeddedTimestep)
            engine.add(labelTable.rows(label..<label + 1), to: row)
        }
        let activated = memory ?? Tensor(zeros: sum.shape, engine.activationType)
        engine.silu(sum, into: activated)
        return activated
    }

    /// [1, D] f32, from memory when this timestep has been seen.
    private func embedding(timestep: Int) -> Tensor {
        if let known = timestepEmbeddings[timestep] { return known }
        let width = labelTable.shape[1]
        let projected = TimestepFrequencies.embedding(timestep: timestep)
        let hidden = Tensor(zeros: [1, 1, width], engine.activationType)
        let embedding = Tensor(zeros: [1, 1, width])
        engine.linear(engine.inActivationType(projected, scratch), first, activation: .silu, into: hidden)
        engine.linear(hidden, second, activation: .identity, into: embedding)
        let row = embedding[0]
        timestepEmbeddings[timestep] = row
        return row
    }
}
