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

    init(_ configuration: DiTConfiguration, _ layers: PartLayers) {
        self.configuration = configuration
        modulation = layers.linear(DiTConfiguration.Name.finalModulation)
        projection = layers.linear(DiTConfiguration.Name.finalProjection)
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
        let tokens = scratch.tensor("output tokens", [images, h.shape[1], projection.outputWidth])
        engine.linear(room.narrow, projection, activation: .identity, into: tokens)
        LatentPatches.join(tokens, patch: configuration.patch, into: output)
    }
}
