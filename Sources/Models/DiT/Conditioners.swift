import Checkpoints
import Engines
import Tensors

/// The conditioners of a stage: one for all layers where the checkpoint repeats it, and one for each block
/// whose copy differs from block 0's.
///
/// diffusers keeps timestep and label embedders in every block. In converted and trained checkpoints all
/// copies are equal; in a randomly initialised model they are not, and diffusers then uses each block's own.
struct Conditioners {
    private let shared: Conditioner?
    private let own: [Int: Conditioner]

    init(
        _ configuration: DiTConfiguration, _ reader: LayerReader, blocks: Range<Int>, hasFinalLayer: Bool
    ) throws(CheckpointError) {
        let first = try Conditioner.hashes(reader, block: 0)
        var own: [Int: Conditioner] = [:]
        for block in blocks where block > 0 {
            guard try Conditioner.hashes(reader, block: block) != first else { continue }
            own[block] = try Conditioner(configuration, reader, block: block)
        }
        let isShared = hasFinalLayer || own.count < blocks.count
        shared = isShared ? try Conditioner(configuration, reader, block: 0) : nil
        self.own = own
    }

    var byteCount: Int { own.values.reduce(shared?.byteCount ?? 0) { $0 + $1.byteCount } }

    func conditioning(timestep: Int, labels: [Int]) throws(CheckpointError) -> Conditioning {
        var activated: [Int: Tensor] = [:]
        for (block, conditioner) in own {
            activated[block] = try conditioner.activated(timestep: timestep, labels: labels)
        }
        return Conditioning(
            timestep: timestep, labels: labels,
            shared: try shared?.activated(timestep: timestep, labels: labels), own: activated)
    }
}
