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

    /// Numbers in the largest tensor that decoding one latent of the given extents makes.
    func largestDecoderTensor(_ latents: LatentShape) -> Int {
        let widths = Array(blockChannels.reversed())
        return widths.indices.map { level in
            max(widths[level], widths[max(0, level - 1)]) * (latents.height << level)
                * (latents.width << level)
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
