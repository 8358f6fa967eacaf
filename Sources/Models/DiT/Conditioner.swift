import Checkpoints
import Engines
import Tensors

/// Timestep and label embedding: diffusers' `CombinedTimestepLabelEmbeddings`.
///
/// Rows of the label table are read when they are asked for: a run uses a few of them, and the table of a
/// thousand classes is as large as the rest of the conditioner.
final class Conditioner {
    private let configuration: DiTConfiguration
    private let reader: LayerReader
    private let prefix: String
    private let first: any PackedLinear
    private let second: any PackedLinear
    private var timestepEmbeddings: [Int: Tensor] = [:]
    private var labelEmbeddings: [Int: Tensor] = [:]

    init(_ configuration: DiTConfiguration, _ reader: LayerReader, block: Int) throws(CheckpointError) {
        let width = configuration.width
        self.configuration = configuration
        self.reader = reader
        prefix = Self.prefix(block: block)
        first = try reader.linear(
            prefix + "timestep_embedder.linear_1", inputs: TimestepFrequencies.count, outputs: width)
        second = try reader.linear(prefix + "timestep_embedder.linear_2", inputs: width, outputs: width)
    }

    var byteCount: Int { first.byteCount + second.byteCount }

    /// The hashes of a block's embedders: equal exactly if the embedders are.
    ///
    /// It reads them whole, so that the archive's `contentHashes` cover the label table too.
    static func hashes(_ reader: LayerReader, block: Int) throws(CheckpointError) -> [UInt64] {
        var hashes: [UInt64] = []
        for name in tensorNames {
            hashes.append(try reader.weights.contentHash(of: prefix(block: block) + name))
        }
        return hashes
    }

    /// silu(timestep embedding + label embedding) of each image, [M, 1, D] of the activation type.
    func activated(timestep: Int, labels: [Int]) throws(CheckpointError) -> Tensor {
        let engine = reader.engine
        let sum = Tensor(zeros: [labels.count, 1, configuration.width])
        let embeddedTimestep = embedding(timestep: timestep)
        for (image, label) in labels.enumerated() {
            let row = sum[image]
            row.copy(from: embeddedTimestep)
            engine.add(try embedding(label: label), to: row)
        }
        let activated = Tensor(zeros: sum.shape, engine.activationType)
        engine.silu(sum, into: activated)
        return activated
    }

    /// [1, D] f32, from memory when this timestep has been seen.
    private func embedding(timestep: Int) -> Tensor {
        if let known = timestepEmbeddings[timestep] { return known }
        let engine = reader.engine
        let projected = TimestepFrequencies.embedding(timestep: timestep)
        let hidden = Tensor(zeros: [1, 1, configuration.width], engine.activationType)
        let embedding = Tensor(zeros: [1, 1, configuration.width])
        engine.linear(engine.inActivationType(projected), first, activation: .silu, into: hidden)
        engine.linear(hidden, second, activation: .identity, into: embedding)
        let row = embedding[0]
        timestepEmbeddings[timestep] = row
        return row
    }

    /// [1, D] f32, from memory when this label has been seen.
    private func embedding(label: Int) throws(CheckpointError) -> Tensor {
        if let known = labelEmbeddings[label] { return known }
        let row = try reader.weights.read(
            prefix + Self.labelTable, shape: [configuration.classes + 1, configuration.width],
            rows: label..<label + 1)
        labelEmbeddings[label] = row
        return row
    }

    private static let labelTable = "class_embedder.embedding_table.weight"
    private static let tensorNames =
        [
            "timestep_embedder.linear_1.weight", "timestep_embedder.linear_1.bias",
            "timestep_embedder.linear_2.weight", "timestep_embedder.linear_2.bias", labelTable,
        ]

    private static func prefix(block: Int) -> String { "transformer_blocks.\(block).norm1.emb." }
}
