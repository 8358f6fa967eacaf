/// The shape of a U-ViT, from `transformer/config.json`: the arguments of the published constructor, as convert.py
/// writes them.
public struct UViTConfiguration: Sendable, Equatable, Codable {
    /// Width of the hidden state, D.
    public var width: Int
    /// Attention heads, H.
    public var heads: Int
    /// Blocks on either side of the middle one; each on the way in leaves its output for one on the way out.
    public var blocksPerSide: Int
    /// Side of a patch in latent pixels.
    public var patch: Int
    /// Latent channels, C.
    public var channels: Int
    /// Side of the latent in pixels.
    public var sampleSize: Int
    /// Classes; the label table has one more row, the null class, last.
    public var classes: Int
    /// Whether the model ends in a 3 × 3 convolution.
    public var endsInConvolution: Bool
    /// What the model was trained to see as time 1 of 1000.
    ///
    /// A scheduler's timestep n, from 0 on, is time n + 1: published models of discrete times got it as it is, those of
    /// continuous times, in (0, 1], 999 of it.
    public var timestepScale: Double
    /// The guidance scale that the published samples were drawn with.
    public var guidance: Double

    /// Patches on a side.
    public var grid: Int { sampleSize / patch }
    /// Rows that stand before the patches: the class and the time.
    public static let extraRows = 2

    /// A configuration of the given extents.
    public init(
        width: Int, heads: Int, blocksPerSide: Int, patch: Int, channels: Int, sampleSize: Int, classes: Int,
        endsInConvolution: Bool = false, timestepScale: Double = 1, guidance: Double = 0.4
    ) {
        self.width = width
        self.heads = heads
        self.blocksPerSide = blocksPerSide
        self.patch = patch
        self.channels = channels
        self.sampleSize = sampleSize
        self.classes = classes
        self.endsInConvolution = endsInConvolution
        self.timestepScale = timestepScale
        self.guidance = guidance
    }
}
