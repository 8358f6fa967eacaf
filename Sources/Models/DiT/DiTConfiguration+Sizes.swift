extension DiTConfiguration {
    /// The names of the paper (arXiv 2212.09748, table 1), smallest first; `-512` or `-1024` behind one is the same for
    /// pictures of so many pixels on a side.
    public static var names: [String] {
        sizes.flatMap { size in patches.map { "DiT-\(size.name)/\($0)" } }
    }

    /// The shape of a name, its variance learned as the paper's are, for an autoencoder that makes 8 × 8 pixels of one.
    public static func named(_ name: String) -> (any DenoiserConfiguration)? {
        let pixels = [512, 1024].first { name.hasSuffix("-\($0)") }
        let short = pixels.map { String(name.dropLast("-\($0)".count)) } ?? name
        for size in sizes {
            for patch in patches where short == "DiT-\(size.name)/\(patch)" {
                return DiTConfiguration(
                    heads: size.heads, headWidth: size.width / size.heads, blocks: size.blocks, patch: patch,
                    inputChannels: 4, outputChannels: 8, sampleSize: (pixels ?? 256) / 8, classes: 1000)
            }
        }
        return nil
    }

    /// As `transformer/config.json` says it.
    public var text: String {
        """
        {"_class_name": "DiTTransformer2DModel", "num_attention_heads": \(heads),
         "attention_head_dim": \(headWidth), "in_channels": \(inputChannels),
         "out_channels": \(outputChannels), "num_layers": \(blocks),
         "sample_size": \(sampleSize), "patch_size": \(patch),
         "num_embeds_ada_norm": \(classes)}
        """
    }

    private static let patches = [8, 4, 2]
    private static let sizes = [
        (name: "S", blocks: 12, width: 384, heads: 6), (name: "B", blocks: 12, width: 768, heads: 12),
        (name: "L", blocks: 24, width: 1024, heads: 16), (name: "XL", blocks: 28, width: 1152, heads: 16),
    ]
}
