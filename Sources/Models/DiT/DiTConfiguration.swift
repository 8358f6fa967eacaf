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
    /// Patches on a side of the trained size.
    public var grid: Int { sampleSize / patch }
    /// Tokens of an image of the trained size, N.
    public var tokens: Int { grid * grid }

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
