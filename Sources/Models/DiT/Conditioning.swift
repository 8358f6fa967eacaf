import Tensors

/// What the adaLN layers of a stage need to know of M images at one timestep.
///
/// Holds silu(timestep embedding + label embedding); each layer turns that into its own shifts, scales and
/// gates when it runs, so that a reused step, which runs no block, pays for the final layer's alone.
public final class Conditioning {
    /// The training timestep.
    public let timestep: Int
    /// A class of each image; the number of classes stands for the null class.
    public let labels: [Int]

    /// [M, 1, D] from block 0's embedders, which the final layer and all blocks with equal ones use.
    private let shared: Tensor?
    /// The same from the embedders of those blocks that have their own.
    private let own: [Int: Tensor]

    init(timestep: Int, labels: [Int], shared: Tensor?, own: [Int: Tensor]) {
        self.timestep = timestep
        self.labels = labels
        self.shared = shared
        self.own = own
    }

    var images: Int { labels.count }

    /// The memory of a conditioner's result, [M, 1, D]; of the shared one where no block is given.
    func memory(block: Int? = nil) -> Tensor? { block.map { own[$0] } ?? shared }

    func activated(block: Int) -> Tensor {
        guard let activated = own[block] ?? shared else {
            preconditionFailure("Conditioning: made by a stage without block \(block)")
        }
        return activated
    }

    /// diffusers' final layer asks block 0's embedders.
    var activatedForFinalLayer: Tensor {
        guard let shared else { preconditionFailure("Conditioning: made by a stage without final layer") }
        return shared
    }
}
