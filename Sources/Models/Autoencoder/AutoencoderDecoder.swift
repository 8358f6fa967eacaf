public import Checkpoints
public import Engines
import Files
public import Tensors

/// The half of a VAE that turns latents into pictures: diffusers' `AutoencoderKL.decode`.
///
/// Always f32: a decoder's error is seen, and it runs once per picture.
public final class AutoencoderDecoder {
    /// Shape of the decoder.
    public let configuration: AutoencoderConfiguration
    /// The tiles that larger latents are decoded in; nil where all are decoded whole.
    public let tiles: DecoderTiles?

    private let engine: any Engine
    private let postQuantConvolution: (any PackedConvolution)?
    private let convolutionIn: any PackedConvolution
    private let middle: MiddleBlock
    private let levels: [UpLevel]
    private let normOut: GroupNormalization
    private let convolutionOut: any PackedConvolution

    /// Reads and packs the decoder's weights; the encoder's are not touched.
    /// - Parameters:
    ///   - configuration: shape of the decoder.
    ///   - weights: tensors under diffusers' names, as in ``expectedTensors(_:)``.
    ///   - engine: what computes; its activation type must be f32.
    ///   - tiles: the tiles that larger latents are decoded in; nil decodes all whole.
    ///   - afterEach: called after each layer that is read, and each megabyte of it.
    /// - Throws: what the archive throws for a tensor that is missing, misshapen or unreadable.
    public init(
        _ configuration: AutoencoderConfiguration, weights: WeightArchive, engine: any Engine,
        tiles: DecoderTiles? = .standard, afterEach: @escaping () -> Void = {}
    ) throws(ReadError) {
        precondition(
            engine.activationType == .f32,
            "AutoencoderDecoder: engine of \(engine.activationType), expected f32")
        let shape = DecoderShape(configuration)
        let reader = LayerReader(weights, engine, afterEach: afterEach)
        let channels = configuration.latentChannels
        self.configuration = configuration
        self.engine = engine
        self.tiles = tiles
        postQuantConvolution =
            configuration.postQuantConvolution
            ? try reader.convolution("post_quant_conv", inputs: channels, outputs: channels, kernel: 1) : nil
        convolutionIn = try reader.convolution(
            "decoder.conv_in", inputs: channels, outputs: shape.middleChannels, kernel: 3)
        middle = try MiddleBlock(configuration, reader, channels: shape.middleChannels)
        var levels: [UpLevel] = []
        for level in shape.levels { levels.append(try UpLevel(level, configuration, reader)) }
        self.levels = levels
        normOut = try GroupNormalization(
            "decoder.conv_norm_out", reader, channels: shape.outerChannels, groups: configuration.normGroups)
        convolutionOut = try reader.convolution(
            "decoder.conv_out", inputs: shape.outerChannels, outputs: configuration.outputChannels, kernel: 3)
    }

    /// Memory that the packed weights take, in bytes.
    public var weightBytes: Int {
        let ends = (postQuantConvolution?.byteCount ?? 0) + convolutionIn.byteCount + convolutionOut.byteCount
        let norms = normOut.byteCount
        return levels.reduce(ends + norms + middle.byteCount) { $0 + $1.byteCount }
    }

    /// The picture of a latent.
    /// - Parameter latent: [C, h, w] f32 as the sampler leaves it; scaling and shift are undone here.
    /// - Returns: [3, h·upscale, w·upscale] f32, about −1 … 1, not clamped.
    public func decode(_ latent: Tensor) -> Tensor {
        precondition(
            latent.shape.count == 3 && latent.shape[0] == configuration.latentChannels,
            "AutoencoderDecoder: latent \(latent.shape) of \(configuration.latentChannels) channels")
        let unscaled = unscaled(latent)
        guard let tiles, tiles.count(unscaled) > 1 else { return decodeWhole(unscaled) }
        return TiledPicture(unscaled, tiles, configuration).drawn { decodeWhole($0) }
    }

    /// Channels are innermost on the way, as the convolutions are fastest with.
    private func decodeWhole(_ unscaled: Tensor) -> Tensor {
        let (channels, height, width) = (unscaled.shape[0], unscaled.shape[1], unscaled.shape[2])
        var x = Tensor(zeros: [height, width, channels])
        engine.transpose(
            unscaled.reshaped([channels, height * width]), into: x.reshaped([height * width, channels]))
        if let postQuantConvolution { x = engine.convolved(x, postQuantConvolution) }
        x = engine.convolved(x, convolutionIn)
        middle.apply(to: &x, engine)
        for level in levels { level.apply(to: &x, engine) }
        normOut.apply(to: x, silu: true, engine)
        x = engine.convolved(x, convolutionOut)
        let (pixels, outputs) = (x.shape[0] * x.shape[1], x.shape[2])
        let picture = Tensor(zeros: [outputs, x.shape[0], x.shape[1]])
        engine.transpose(x.reshaped([pixels, outputs]), into: picture.reshaped([outputs, pixels]))
        return picture
    }

    private func unscaled(_ latent: Tensor) -> Tensor {
        let (factor, shift) = (configuration.scalingFactor, configuration.shiftFactor)
        return Tensor(latent.values.map { $0 / factor + shift }, shape: latent.shape)
    }
}
