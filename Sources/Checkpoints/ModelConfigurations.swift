/// The shape of a DiT, from `transformer/config.json` (diffusers' `DiTTransformer2DModel`).
public struct DiTConfiguration: Sendable, Equatable, Codable {
    /// Attention heads, H.
    public var heads: Int
    /// Width of a head; the model's width D is heads · headWidth.
    public var headWidth: Int
    /// Transformer blocks, L.
    public var blocks: Int
    /// Side of a patch in latent pixels.
    public var patch: Int
    /// Latent channels in, C.
    public var inputChannels: Int
    /// Channels out: C, or 2·C when the model also predicts the variance.
    public var outputChannels: Int
    /// Side of the latent in pixels.
    public var sampleSize: Int
    /// Classes; the label table has one more row, the null class, last.
    public var classes: Int
    /// Epsilon of each block's first norm: diffusers' `norm1`, `AdaLayerNormZero`, fixed at 1e-6.
    public var firstNormEpsilon: Float
    /// Epsilon of each block's second norm: diffusers' `norm3`, the config's `norm_eps`, 1e-5 by default.
    ///
    /// The model's last norm, `norm_out`, takes neither: it is fixed at 1e-6.
    public var secondNormEpsilon: Float

    /// Width of the hidden state, D.
    public var width: Int { heads * headWidth }
    /// Patches on a side.
    public var grid: Int { sampleSize / patch }
    /// Tokens of an image, N.
    public var tokens: Int { grid * grid }
    /// Whether half of the output channels are the variance's coefficients.
    public var learnsVariance: Bool { outputChannels == 2 * inputChannels }

    /// A configuration of the given extents, with the epsilons that diffusers uses for DiT.
    public init(
        heads: Int, headWidth: Int, blocks: Int, patch: Int, inputChannels: Int, outputChannels: Int,
        sampleSize: Int, classes: Int, firstNormEpsilon: Float = 1e-6, secondNormEpsilon: Float = 1e-5
    ) {
        self.heads = heads
        self.headWidth = headWidth
        self.blocks = blocks
        self.patch = patch
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.sampleSize = sampleSize
        self.classes = classes
        self.firstNormEpsilon = firstNormEpsilon
        self.secondNormEpsilon = secondNormEpsilon
    }
}

/// The shape of a VAE's decoder, from `vae/config.json` (diffusers' `AutoencoderKL`).
public struct AutoencoderConfiguration: Sendable, Equatable, Codable {
    /// Channels of the decoder's levels, from the image's to the latent's.
    public var blockChannels: [Int]
    /// Residual blocks of an encoder level; a decoder level has one more.
    public var layersPerBlock: Int
    /// Groups of each group norm.
    public var normGroups: Int
    /// Latent channels, C.
    public var latentChannels: Int
    /// Channels of the picture.
    public var outputChannels: Int
    /// Whether the middle block has attention.
    public var middleAttention: Bool
    /// Whether a 1×1 convolution stands before the decoder.
    public var postQuantConvolution: Bool
    /// What latents are divided by before decoding.
    public var scalingFactor: Float
    /// What is added to latents after that division.
    public var shiftFactor: Float

    /// Picture pixels to a latent pixel on a side.
    public var upscale: Int { 1 << (blockChannels.count - 1) }

    /// Numbers in the largest tensor that decoding one latent of the given side makes.
    func largestDecoderTensor(latentSide: Int) -> Int {
        let widths = Array(blockChannels.reversed())
        return widths.indices.map { level in
            let side = latentSide << level
            return max(widths[level], widths[max(0, level - 1)]) * side * side
        }.max() ?? 0
    }

    /// A configuration of the given parts; the defaults are AutoencoderKL's.
    public init(
        blockChannels: [Int] = [64], layersPerBlock: Int = 1, normGroups: Int = 32, latentChannels: Int = 4,
        outputChannels: Int = 3, middleAttention: Bool = true, postQuantConvolution: Bool = true,
        scalingFactor: Float = 0.18215, shiftFactor: Float = 0
    ) {
        self.blockChannels = blockChannels
        self.layersPerBlock = layersPerBlock
        self.normGroups = normGroups
        self.latentChannels = latentChannels
        self.outputChannels = outputChannels
        self.middleAttention = middleAttention
        self.postQuantConvolution = postQuantConvolution
        self.scalingFactor = scalingFactor
        self.shiftFactor = shiftFactor
    }
}
