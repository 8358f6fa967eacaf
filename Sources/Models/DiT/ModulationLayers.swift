import Checkpoints
import Engines
import Files
import Tensors

/// The layers that make shifts, scales and gates of a stage's blocks.
///
/// They are a third of the blocks' weights and work on one row for each prompt and step. Where the files can be read
/// again, none stays in memory: each is read when rows are made, and let go.
struct ModulationLayers {
    private let layers: [Int: LayerSpecification]
    private let weights: WeightArchive
    private let engine: any Engine
    /// Those that stay, by block.
    private var kept: [Int: any PackedLinear] = [:]

    init(_ layers: [LayerSpecification], _ weights: WeightArchive, _ engine: any Engine) {
        self.layers = layers.reduce(into: [:]) { layers, layer in
            if case .block(let block) = layer.part, !layer.stays { layers[block] = layer }
        }
        self.weights = weights
        self.engine = engine
    }

    /// Takes a block's layer, where it was read to stay.
    mutating func take(_ read: PartLayers, of block: Int) {
        kept[block] = layers[block].flatMap { read.linearIfKept($0.names[0]) }
    }

    /// Memory that those of some blocks take, in bytes.
    func byteCount(_ blocks: Range<Int>) -> Int { blocks.reduce(0) { $0 + (kept[$1]?.byteCount ?? 0) } }

    /// Calls `body` with the layer of each of some blocks; one at a time is in memory, unless they stay.
    /// - Throws: what the archive throws, and `.invalid` for a file that has changed.
    func forEach(
        _ blocks: Range<Int>, _ body: (_ block: Int, any PackedLinear) -> Void
    ) throws(ReadError) {
        let reader = LayerReader(weights, engine) {}
        for block in blocks {
            if let layer = kept[block] {
                body(block, layer)
            } else if let layer = layers[block] {
                let names = layer.tensors.map(\.name)
                let before = weights.contentHashes
                body(block, try reader.linear(layer))
                let now = weights.contentHashes
                if let other = names.first(where: { before[$0] != now[$0] }) {
                    throw .invalid(
                        weights.name, "tensor \(other) has changed since it was first read; start again")
                }
            }
        }
    }
}
