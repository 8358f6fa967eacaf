import Engines
import Tensors

/// Timestep and label embedding: diffusers' `CombinedTimestepLabelEmbeddings`.
///
/// The label table is kept: it is small beside a block, and no rank then has to ask for its rows while it runs.
final class Conditioner {
    /// Length of a timestep's embedding.
    private static let frequencies = 256

    private let engine: any Engine
    private let first: any PackedLinear
    private let second: any PackedLinear
    private let labelTable: Tensor
    private let scratch = ScratchTensors()
    private var timestepEmbeddings: [Double: Tensor] = [:]

    /// - Parameter tensors: as ``tensors(_:)`` lists them.
    init(_ tensors: [Tensor], _ engine: any Engine) {
        self.engine = engine
        first = engine.pack(weight: tensors[0], bias: tensors[1])
        second = engine.pack(weight: tensors[2], bias: tensors[3])
        labelTable = tensors[4]
    }

    var byteCount: Int { first.byteCount + second.byteCount + labelTable.byteCount }

    /// Names and shapes of a block's embedders, the label table with the null class's row last.
    static func tensors(_ configuration: DiTConfiguration) -> [(name: String, shape: [Int])] {
        let prefix = "norm1.emb."
        let width = configuration.width
        return [
            (prefix + "timestep_embedder.linear_1.weight", [width, frequencies]),
            (prefix + "timestep_embedder.linear_1.bias", [width]),
            (prefix + "timestep_embedder.linear_2.weight", [width, width]),
            (prefix + "timestep_embedder.linear_2.bias", [width]),
            (prefix + "class_embedder.embedding_table.weight", [configuration.classes + 1, width]),
        ]
    }

    /// silu(timestep embedding + label embedding) of L labels at T timesteps each: [L, T, D] of the activation type.
    func activate(timesteps: [Double], labels: [Int], into activated: Tensor) {
        let sum = scratch.tensor("sum", [labels.count, timesteps.count, labelTable.shape[1]])
        for (index, label) in labels.enumerated() {
            let rows = sum[index]
            for (step, timestep) in timesteps.enumerated() {
                let row = rows.rows(step..<step + 1)
                row.copy(from: embedding(timestep: timestep))
                engine.add(labelTable.rows(label..<label + 1), to: row)
            }
        }
        engine.silu(sum, into: activated)
    }

    /// [1, D] f32, from memory when this timestep has been seen.
    private func embedding(timestep: Double) -> Tensor {
        if let known = timestepEmbeddings[timestep] { return known }
        let width = labelTable.shape[1]
        // A shift of 1, where the original DiT has none.
        let projected = TimestepFrequencies.embedding(time: timestep, width: Self.frequencies, shift: 1)
            .reshaped([1, 1, Self.frequencies])
        let hidden = Tensor(zeros: [1, 1, width], engine.activationType)
        let embedding = Tensor(zeros: [1, 1, width])
        engine.linear(engine.inActivationType(projected, scratch), first, activation: .silu, into: hidden)
        engine.linear(hidden, second, activation: .identity, into: embedding)
        let row = embedding[0]
        timestepEmbeddings[timestep] = row
        return row
    }
}
