import Checkpoints

/// The widths of a decoder's parts, from the latent's side to the picture's.
struct DecoderShape {
    /// One level: residual blocks of one width, then a doubling of the picture's sides except at the last.
    struct Level {
        let index: Int
        let inputs: Int
        let outputs: Int
        let residualBlocks: Int
        let doubles: Bool

        var prefix: String { "decoder.up_blocks.\(index)." }

        func inputs(ofBlock block: Int) -> Int { block == 0 ? inputs : outputs }
    }

    let levels: [Level]
    let middleChannels: Int
    let outerChannels: Int

    init(_ configuration: AutoencoderConfiguration) {
        let widths = Array(configuration.blockChannels.reversed())
        guard let first = widths.first, let last = widths.last else {
            preconditionFailure("AutoencoderDecoder: no levels")
        }
        middleChannels = first
        outerChannels = last
        levels = widths.indices.map { index in
            Level(
                index: index, inputs: index == 0 ? first : widths[index - 1], outputs: widths[index],
                residualBlocks: configuration.layersPerBlock + 1, doubles: index < widths.count - 1)
        }
    }
}
