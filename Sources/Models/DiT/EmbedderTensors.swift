import Checkpoints
import Files
import Tensors

/// The timestep and label embedders of one block, as they are stored.
///
/// They are read whole, every block's alike, so that what a rank reads follows from its blocks alone and the
/// archive's `contentHashes` cover the label table too.
struct EmbedderTensors {
    let firstWeight: Tensor
    let firstBias: Tensor
    let secondWeight: Tensor
    let secondBias: Tensor
    /// [classes + 1, D].
    let labelTable: Tensor
    /// Equal to another block's exactly if the embedders are.
    let hashes: [UInt64?]

    init(_ configuration: DiTConfiguration, _ weights: WeightArchive, block: Int) throws(ReadError) {
        let named = Self.tensors(configuration, block: block)
        var tensors: [Tensor] = []
        for (name, shape) in named { tensors.append(try weights.read(name, shape: shape)) }
        (firstWeight, firstBias, secondWeight, secondBias) = (tensors[0], tensors[1], tensors[2], tensors[3])
        labelTable = tensors[4]
        let known = weights.contentHashes
        hashes = named.map { known[$0.name] }
    }

    /// Names and shapes in the order in which they are read.
    static func tensors(_ configuration: DiTConfiguration, block: Int) -> [(name: String, shape: [Int])] {
        let prefix = "transformer_blocks.\(block).norm1.emb."
        let width = configuration.width
        return [
            (prefix + "timestep_embedder.linear_1.weight", [width, TimestepFrequencies.count]),
            (prefix + "timestep_embedder.linear_1.bias", [width]),
            (prefix + "timestep_embedder.linear_2.weight", [width, width]),
            (prefix + "timestep_embedder.linear_2.bias", [width]),
            (prefix + "class_embedder.embedding_table.weight", [configuration.classes + 1, width]),
        ]
    }
}
