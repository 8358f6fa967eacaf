import Engines
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
        let patches = engine.inActivationType(self.patches(of: latents, scratch), scratch)
        engine.linear(patches, projection, activation: .identity, into: h)
        for image in 0..<h.shape[0] { engine.add(positions, to: h[image]) }
    }

    /// [M, N, C·patch²] f32: channel outermost within a token, as the convolution's weights have it.
    private func patches(of latents: Tensor, _ scratch: ScratchTensors) -> Tensor {
        let (channels, size) = (configuration.inputChannels, configuration.sampleSize)
        let (patch, grid) = (configuration.patch, configuration.grid)
        let images = latents.shape[0]
        precondition(
            latents.shape == [images, channels, size, size],
            "DiT: latents \(latents.shape), expected \([images, channels, size, size])")
        let patches = scratch.tensor("patches", [images, grid * grid, channels * patch * patch])
        let from = latents.elements
        var to = patches.mutableElements
        var next = 0
        for image in 0..<images {
            for token in 0..<grid * grid {
                for channel in 0..<channels {
                    for row in 0..<patch {
                        let y = token / grid * patch + row
                        let start = ((image * channels + channel) * size + y) * size + token % grid * patch
                        for column in 0..<patch {
                            to[next] = from[start + column]
                            next += 1
                        }
                    }
                }
            }
        }
        return patches
    }
}
