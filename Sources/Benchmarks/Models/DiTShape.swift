import Checkpoints

/// A DiT by the name that its paper gives it (Peebles and Xie, arXiv 2212.09748, table 1): `DiT-XL/2`, and with
/// `-512` or `-1024` behind it for pictures of so many pixels on a side.
public struct DiTShape: Sendable, Equatable {
    /// The name.
    public let name: String
    /// Its transformer; the variance is learned, as the paper's are.
    public let transformer: DiTConfiguration
    /// Stable Diffusion's decoder.
    public let autoencoder = AutoencoderConfiguration(
        blockChannels: [128, 256, 512, 512], layersPerBlock: 2)

    /// Every name, smallest first.
    public static var names: [String] {
        sizes.flatMap { size in patches.map { "DiT-\(size.name)/\($0)" } }
    }

    /// The shape of a name; nil if there is none.
    public init?(_ name: String) {
        let pixels = [512, 1024].first { name.hasSuffix("-\($0)") }
        let short = pixels.map { String(name.dropLast("-\($0)".count)) } ?? name
        for size in Self.sizes {
            for patch in Self.patches where short == "DiT-\(size.name)/\(patch)" {
                self.name = name
                transformer = DiTConfiguration(
                    heads: size.heads, headWidth: size.width / size.heads, blocks: size.blocks, patch: patch,
                    inputChannels: 4, outputChannels: 8, sampleSize: (pixels ?? 256) / 8,
                    classes: 1000)
                return
            }
        }
        return nil
    }

    private static let patches = [8, 4, 2]
    private static let sizes = [
        (name: "S", blocks: 12, width: 384, heads: 6), (name: "B", blocks: 12, width: 768, heads: 12),
        (name: "L", blocks: 24, width: 1024, heads: 16), (name: "XL", blocks: 28, width: 1152, heads: 16),
    ]
}
