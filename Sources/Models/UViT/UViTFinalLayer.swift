import Engines
import Tensors

/// Rows to latents: norm, projection, patches put together, and in some models a convolution of the latent.
struct UViTFinalLayer {
    private let configuration: UViTConfiguration
    private let norm: AffineNorm
    private let projection: any PackedLinear
    private let convolution: (any PackedConvolution)?

    init(_ configuration: UViTConfiguration, _ layers: PartLayers, _ engine: any Engine) {
        typealias Name = UViTConfiguration.Name
        self.configuration = configuration
        norm = AffineNorm(layers, Name.finalNorm)
        projection = layers.linear(Name.finalProjection)
        convolution =
            configuration.endsInConvolution
            ? engine.pack(
                convolution: layers.tensor(Name.convolution + ".weight"),
                bias: layers.tensor(Name.convolution + ".bias")) : nil
    }

    var byteCount: Int { norm.byteCount + projection.byteCount + (convolution?.byteCount ?? 0) }

    /// - Parameters:
    ///   - kept: [M, N, D] f32, the patches' rows behind the last block.
    ///   - output: [M, C, H, W] f32.
    func predict(_ kept: Tensor, into output: Tensor, _ scratch: ScratchTensors, _ engine: any Engine) {
        let normal = scratch.tensor("final norm", kept.shape, engine.activationType)
        let tokens = scratch.tensor(
            "output tokens", [kept.shape[0], kept.shape[1], projection.outputWidth])
        norm.apply(kept, into: normal, engine)
        engine.linear(normal, projection, activation: .identity, into: tokens)
        LatentPatches.join(tokens, patch: configuration.patch, into: output)
        guard let convolution else { return }
        for image in 0..<output.shape[0] { convolve(output[image], convolution, scratch, engine) }
    }

    /// Convolves a latent [C, H, W] f32 in place; engines want the channel innermost.
    private func convolve(
        _ latent: Tensor, _ convolution: any PackedConvolution, _ scratch: ScratchTensors,
        _ engine: any Engine
    ) {
        let (channels, height, width) = (latent.shape[0], latent.shape[1], latent.shape[2])
        let planes = latent.reshaped([channels, height * width])
        let pixels = scratch.tensor("pixels", [height, width, channels])
        let convolved = scratch.tensor("convolved", [height, width, channels])
        engine.transpose(planes, into: pixels.reshaped([height * width, channels]))
        engine.convolve(pixels, convolution, into: convolved)
        engine.transpose(convolved.reshaped([height * width, channels]), into: planes)
    }
}
