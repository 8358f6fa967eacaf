public import Checkpoints
import Files

extension DiTConfiguration {
    /// `DiTPipeline`.
    public static var pipelines: [DiffusersClass] {
        [
            DiffusersClass(
                name: "DiTPipeline",
                defaults: ["transformer": .null, "vae": .null, "scheduler": .null, "id2label": .null])
        ]
    }
    /// `DiTTransformer2DModel`, and its older name.
    public static var models: [DiffusersClass] { [dit, transformer] }

    /// Reads `transformer/config.json`: `DiTTransformer2DModel`, or `Transformer2DModel` with `norm_type`
    /// `ada_norm_zero`, the same network under its older name.
    ///
    /// The epsilons are those of diffusers' `BasicTransformerBlock`: of `norm_eps` it makes `norm3` (before
    /// the feed-forward part) alone; `norm1` (`AdaLayerNormZero`) and the model's `norm_out` are fixed at 1e-6.
    /// `dropout` and `norm_num_groups` mean nothing to sampling and to patches; `upcast_attention` changes
    /// rounding below f32 only.
    /// - Throws: `.invalid` for a value that is not supported.
    public init(_ reader: ConfigurationReader) throws(ReadError) {
        try reader.require([
            "norm_type": ["ada_norm_zero"], "activation_fn": ["gelu-approximate"], "attention_bias": [true],
            "norm_elementwise_affine": [false], "upcast_attention": [false, true],
            "cross_attention_dim": [.null], "num_vector_embeds": [.null], "use_linear_projection": [false],
            "only_cross_attention": [false], "double_self_attention": [false],
            "attention_type": ["default"], "caption_channels": [.null],
            "interpolation_scale": [.null, 1, 1.0], "use_additional_conditions": [.null, false],
        ])
        let channels = try reader.integer("in_channels", in: 1...4096)
        self.init(
            heads: try reader.integer("num_attention_heads", in: 1...65536),
            headWidth: try reader.integer("attention_head_dim", in: 1...65536),
            blocks: try reader.integer("num_layers", in: 1...10000),
            patch: try reader.integer("patch_size", in: 1...1024),
            inputChannels: channels,
            outputChannels: reader.value("out_channels") == .null
                ? channels : try reader.integer("out_channels", in: 1...8192),
            sampleSize: try reader.integer("sample_size", in: 1...16384),
            classes: try reader.integer("num_embeds_ada_norm", in: 1...10_000_000),
            firstNormEpsilon: 1e-6,
            secondNormEpsilon: Float(try reader.positive("norm_eps")))

        guard outputChannels == channels || learnsVariance else {
            throw reader.unsupported("out_channels", "in_channels (\(channels)) or twice that")
        }
        guard sampleSize % patch == 0 else {
            throw reader.unsupported("sample_size", "a multiple of patch_size (\(patch))")
        }
        guard tokens <= Self.mostNumbers / width, sampleSize * sampleSize <= Self.mostNumbers / channels
        else {
            throw reader.unsupported(
                "sample_size",
                "a size at which an image has at most \(Self.mostNumbers) numbers, as latents and as tokens "
                    + "of width \(width)")
        }
        guard width % 4 == 0 else {
            throw reader.unsupported(
                "attention_head_dim",
                "a width that is a multiple of 4, for sines and cosines in two directions; "
                    + "with num_attention_heads \(heads) it is \(width)")
        }
    }

    /// 1 GiB of f32, four times a DiT-XL/2 at 4096 × 4096 pixels: beyond it no memory would do.
    private static let mostNumbers = 1 << 28

    /// Keys and defaults of `diffusers.DiTTransformer2DModel` (0.42).
    private static let dit = DiffusersClass(
        name: "DiTTransformer2DModel",
        defaults: [
            "num_attention_heads": 16, "attention_head_dim": 72, "in_channels": 4, "out_channels": .null,
            "num_layers": 28, "dropout": 0.0, "norm_num_groups": 32, "attention_bias": true,
            "sample_size": 32, "patch_size": 2, "activation_fn": "gelu-approximate",
            "num_embeds_ada_norm": 1000, "upcast_attention": false, "norm_type": "ada_norm_zero",
            "norm_elementwise_affine": false, "norm_eps": 1e-5,
        ])

    /// Keys and defaults of `diffusers.Transformer2DModel` (0.42), as the published DiT-XL/2 folders call it.
    private static let transformer = DiffusersClass(
        name: "Transformer2DModel",
        defaults: [
            "num_attention_heads": 16, "attention_head_dim": 88, "in_channels": .null,
            "out_channels": .null, "num_layers": 1, "dropout": 0.0, "norm_num_groups": 32,
            "cross_attention_dim": .null, "attention_bias": false, "sample_size": .null,
            "num_vector_embeds": .null, "patch_size": .null, "activation_fn": "geglu",
            "num_embeds_ada_norm": .null, "use_linear_projection": false, "only_cross_attention": false,
            "double_self_attention": false, "upcast_attention": false, "norm_type": "layer_norm",
            "norm_elementwise_affine": true, "norm_eps": 1e-5, "attention_type": "default",
            "caption_channels": .null, "interpolation_scale": .null, "use_additional_conditions": .null,
        ])
}
