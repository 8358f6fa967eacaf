import Checkpoints
import Engines
import Tensors

extension DiT {
    /// Goes through what this stage does for one image, with numbers of no meaning.
    ///
    /// A library makes its operations, some tens of milliseconds' work, when they are first asked for. Ranks that get
    /// their first hidden state from each other would make them one after the other.
    public func warmUp() {
        let (tokens, width) = (configuration.tokens, configuration.width)
        let (channels, side) = (configuration.inputChannels, configuration.sampleSize)
        let hidden = Tensor(zeros: [1, tokens, width])
        let conditioning = conditioning(
            timestep: 0, labels: [0], among: (0..<ModulationTable.timestepsAtOnce).map(Double.init))
        if embedsPatches { embed(Tensor(zeros: [1, channels, side, side]), into: hidden) }
        if !blocks.isEmpty { runFirstBlock(hidden, conditioning) }
        if hasFinalLayer {
            predict(hidden, conditioning, into: Tensor(zeros: [1, configuration.outputChannels, side, side]))
        }
    }
}
