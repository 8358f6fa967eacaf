import Engines
import Files
import Tensors

/// Latent patches to tokens: diffusers' `PatchEmbed`, its strided convolution as a linear layer.
struct PatchEmbedding {
    private let configuration: DiTConfiguration
    private let projection: any PackedLinear
    private let positions: Tensor

    init(_ configuration: DiTConfiguration, _ layers: PartLayers) {
        self.configuration = configuration
        projection = layers.linear(DiTConfiguration.Name.patches)
        positions = PositionEmbedding.table(grid: configuration.grid, width: configuration.width)
    }

    var byteCount: Int { projection.byteCount + positions.byteCount }

    /// - Parameters:
    ///   - latents: [M, C, H, W] f32.
    ///   - h: [M, N, D] f32.
    func embed(_ latents: Tensor, into h: Tensor, _ scratch: ScratchTensors, _ engine: any Engine) {
        let patches = scratch.tensor("patches", [h.shape[0], h.shape[1], projection.inputWidth])
        LatentPatches.cut(latents, patch: configuration.patch, into: patches)
        engine.linear(
            engine.inActivationType(patches, scratch), projection, activation: .identity, into: h)
        for image in 0..<h.shape[0] { engine.add(positions, to: h[image]) }
    }
}
