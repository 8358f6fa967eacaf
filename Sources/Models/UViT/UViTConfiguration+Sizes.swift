extension UViTConfiguration {
    /// The class-conditional models of ImageNet's latents (arXiv 2209.12152, tables 1 and 2), smallest first, for
    /// pictures of 256 pixels on a side or as many as stand behind the name.
    public static var names: [String] { published.map(\.name) }

    /// The shape of a name.
    public static func named(_ name: String) -> (any DenoiserConfiguration)? {
        guard let size = published.first(where: { $0.name == name }) else { return nil }
        return UViTConfiguration(
            width: size.width, heads: 16, blocksPerSide: size.blocksPerSide, patch: size.patch, channels: 4,
            sampleSize: 16 * size.patch, classes: 1000, endsInConvolution: size.endsInConvolution,
            timestepScale: size.endsInConvolution ? 0.999 : 1, guidance: size.patch == 2 ? 0.4 : 0.7)
    }

    /// As `transformer/config.json` says it.
    public var text: String {
        """
        {"_class_name": "UViT", "img_size": \(sampleSize), "patch_size": \(patch), "in_chans": \(channels),
         "embed_dim": \(width), "depth": \(2 * blocksPerSide), "num_heads": \(heads), "num_classes": \(classes + 1),
         "conv": \(endsInConvolution), "timestep_scale": \(timestepScale), "guidance_scale": \(guidance)}
        """
    }

    private static let published = [
        (name: "U-ViT-L/2", width: 1024, blocksPerSide: 10, patch: 2, endsInConvolution: true),
        (name: "U-ViT-L/4-512", width: 1024, blocksPerSide: 10, patch: 4, endsInConvolution: true),
        (name: "U-ViT-H/2", width: 1152, blocksPerSide: 14, patch: 2, endsInConvolution: false),
        (name: "U-ViT-H/4-512", width: 1152, blocksPerSide: 14, patch: 4, endsInConvolution: false),
    ]
}
