import Checkpoints
import Engines
import Files
import Tensors

/// The conditioners of a stage: one for all layers where the checkpoint repeats it, and one for each block
/// whose copy differs from block 0's.
///
/// diffusers keeps timestep and label embedders in every block. In converted and trained checkpoints all
/// copies are equal; in a randomly initialised model they are not, and diffusers then uses each block's own.
/// Every block's are read whole, so that what a rank reads follows from its blocks alone and the archive's
/// `contentHashes` cover the label table too.
struct Conditioners {
    private let engine: any Engine
    private let configuration: DiTConfiguration
    private let weights: WeightArchive
    /// Block 0's, until it is known whether they are needed.
    private var first: [Tensor] = []
    private var own: [Int: Conditioner] = [:]
    private var shared: Conditioner?

    init(_ configuration: DiTConfiguration, _ reader: LayerReader) {
        self.configuration = configuration
        weights = reader.weights
        engine = reader.engine
    }

    /// Takes the embedders of a block, of block 0 first.
    mutating func take(_ layers: PartLayers, of block: Int) {
        let tensors = names(of: block).map { layers.tensor($0) }
        if block == 0 { return first = tensors }
        // Equal hashes are equal numbers.
        if hashes(of: block) != hashes(of: 0) { own[block] = Conditioner(tensors, engine) }
    }

    /// To be called when all have been taken.
    mutating func finish(_ share: ModelShare) {
        let isShared = share.predicts || own.count < share.blocks.count
        shared = isShared ? Conditioner(first, engine) : nil
        first = []
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

    private func names(of block: Int) -> [String] {
        Conditioner.tensors(configuration).map { DiTConfiguration.Name.block(block, $0.name) }
    }

    private func hashes(of block: Int) -> [UInt64?] {
        let known = weights.contentHashes
        return names(of: block).map { known[$0] }
    }
}
