import Checkpoints
import Engines
import Files
import Tensors

/// Tokens to latents: the modulated norm, projection and unpatchify at the end of `DiTTransformer2DModel`.
struct FinalLayer {
    /// diffusers' `norm_out`, whatever the configuration says of the blocks' norms.
    private static let normEpsilon: Float = 1e-6

    private let configuration: DiTConfiguration
    private let modulation: any PackedLinear
    private let projection: any PackedLinear

    init(_ configuration: DiTConfiguration, _ reader: LayerReader) throws(ReadError) {
        let width = configuration.width
        self.configuration = configuration
        modulation = try reader.linear("proj_out_1", inputs: width, outputs: 2 * width)
        projection = try reader.linear(
            "proj_out_2", inputs: width,
            outputs: configuration.patch * configuration.patch * configuration.outputChannels)
    }

    var byteCount: Int { modulation.byteCount + projection.byteCount }

    /// - Parameters:
    ///   - h: [M, N, D] f32.
    ///   - activated: silu of block 0's conditioning, [M, 1, D] of the engine's activation type.
    ///   - output: [M, Cout, H, W] f32.
    func predict(
        _ h: Tensor, activated: Tensor, _ room: BlockScratch.Room, _ scratch: ScratchTensors,
        into output: Tensor, _ engine: any Engine
    ) {
        let images = h.shape[0]
        let shiftAndScale = scratch.tensor("final modulation", [images, 2, configuration.width])
        engine.linear(
            activated, modulation, activation: .identity,
            into: shiftAndScale.reshaped([images, 1, 2 * configuration.width]))
        engine.layerNormModulated(
            h, modulation: shiftAndScale, shift: 0, scale: 1, epsilon: Self.normEpsilon, into: room.narrow)
        let tokens = scratch.tensor(
            "output tokens", [images, configuration.tokens, projection.outputWidth])
        engine.linear(room.narrow, projection, activation: .identity, into: tokens)
        unpatchify(tokens, into: output)
    }

    /// A token holds its patch with the channel innermost.
    private func unpatchify(_ tokens: Tensor, into output: Tensor) {
        let (channels, size) = (configuration.outputChannels, configuration.sampleSize)
        let (patch, grid) = (configuration.patch, configuration.grid)
        let images = tokens.shape[0]
        precondition(
            output.shape == [images, channels, size, size],
            "DiT: output \(output.shape), expected \([images, channels, size, size])")
        let from = tokens.elements
        var to = output.mutableElements
        var next = 0
        for image in 0..<images {
            for token in 0..<grid * grid {
                for row in 0..<patch {
                    let y = token / grid * patch + row
                    for column in 0..<patch {
                        let x = token % grid * patch + column
                        for channel in 0..<channels {
                            to[((image * channels + channel) * size + y) * size + x] = from[next]
                            next += 1
                        }
                    }
                }
            }
        }
    }
}
