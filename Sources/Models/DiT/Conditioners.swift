import Checkpoints
import Engines
import Files
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
    ) throws(ReadError) {
        let first = try EmbedderTensors(configuration, reader.weights, block: 0)
        var own: [Int: Conditioner] = [:]
        for block in blocks where block > 0 {
            let tensors = try EmbedderTensors(configuration, reader.weights, block: block)
            if tensors.hashes != first.hashes { own[block] = Conditioner(tensors, reader.engine) }
            reader.afterEach()
        }
        let isShared = hasFinalLayer || own.count < blocks.count
        shared = isShared ? Conditioner(first, reader.engine) : nil
        self.own = own
    }

    var byteCount: Int { own.values.reduce(shared?.byteCount ?? 0) { $0 + $1.byteCount } }

    /// What a block's adaLN works on, of L labels at T timesteps each: [L, T, D] of the activation type.
    func activate(block: Int, timesteps: [Double], labels: [Int], into activated: Tensor) {
        guard let conditioner = own[block] ?? shared else {
            preconditionFailure("Conditioners: read without block \(block)")
        }
        conditioner.activate(timesteps: timesteps, labels: labels, into: activated)
    }

    /// What the final layer works on, for which diffusers asks block 0's embedders: [M, 1, D] of the activation type.
    func activateFinalLayer(timestep: Double, labels: [Int], into activated: Tensor) {
        guard let shared else { preconditionFailure("Conditioners: read without final layer") }
        shared.activate(timesteps: [timestep], labels: labels, into: activated)
    }
}
