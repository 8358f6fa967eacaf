public import Checkpoints
public import Files

extension UViTConfiguration {
    /// The pipeline as convert.py names it.
    public static let pipelines = [
        DiffusersClass(
            name: "UViTPipeline",
            defaults: ["transformer": .null, "vae": .null, "scheduler": .null, "id2label": .null])
    ]

    /// The arguments of the published constructor, with its defaults, and two of convert.py's own.
    public static let models = [
        DiffusersClass(
            name: "UViT",
            defaults: [
                "img_size": 224, "patch_size": 16, "in_chans": 3, "embed_dim": 768, "depth": 12,
                "num_heads": 12, "mlp_ratio": 4, "qkv_bias": false, "mlp_time_embed": false,
                "num_classes": -1, "conv": true, "skip": true, "timestep_scale": 1.0,
                "guidance_scale": 0.4,
            ])
    ]

    /// Reads `transformer/config.json`.
    ///
    /// Only what the class-conditional models of ImageNet have is supported.
    /// - Throws: `.invalid` for anything else.
    public init(_ reader: ConfigurationReader) throws(ReadError) {
        try reader.require([
            "mlp_ratio": [4, 4.0], "qkv_bias": [false], "mlp_time_embed": [false], "skip": [true],
        ])
        self.init(
            width: try reader.integer("embed_dim", in: 2...(1 << 20)),
            heads: try reader.integer("num_heads", in: 1...65536),
            blocksPerSide: try reader.integer("depth", in: 2...10000) / 2,
            patch: try reader.integer("patch_size", in: 1...1024),
            channels: try reader.integer("in_chans", in: 1...4096),
            sampleSize: try reader.integer("img_size", in: 1...16384),
            classes: try reader.integer("num_classes", in: 2...10_000_000) - 1,
            endsInConvolution: try reader.flag("conv"),
            timestepScale: try reader.positive("timestep_scale"),
            guidance: try reader.positive("guidance_scale"))
        guard width % 2 == 0, width % heads == 0 else {
            throw reader.unsupported(
                "embed_dim", "an even number, for sines and cosines, that num_heads (\(heads)) divides")
        }
        guard sampleSize % patch == 0 else {
            throw reader.unsupported("img_size", "a multiple of patch_size (\(patch))")
        }
        guard grid * grid + Self.extraRows <= Self.mostNumbers / width,
            sampleSize * sampleSize <= Self.mostNumbers / channels
        else {
            throw reader.unsupported(
                "img_size",
                "a size at which an image has at most \(Self.mostNumbers) numbers, as latents and as tokens "
                    + "of width \(width)")
        }
    }

    /// 1 GiB of f32: beyond it no memory would do.
    private static let mostNumbers = 1 << 28
}
