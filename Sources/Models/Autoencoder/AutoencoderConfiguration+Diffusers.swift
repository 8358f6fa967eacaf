import Checkpoints
import Files

extension AutoencoderConfiguration {
    /// Reads `vae/config.json`: `AutoencoderKL`.
    ///
    /// `in_channels`, `use_quant_conv`, `sample_size` and `force_upcast` concern the encoder, tiling and f16
    /// arithmetic, none of which is ours.
    /// - Throws: `.missingFile`, `.invalid` for a value that is not supported.
    public init(diffusers files: any FileTree, _ path: String) throws(ReadError) {
        let reader = try ConfigurationReader(files, path, classes: [Self.diffusersClass])
        try reader.require(["act_fn": ["silu"], "latents_mean": [.null], "latents_std": [.null]])
        let channelRange = 1...65536
        guard let channels = reader.value("block_out_channels").integers, (1...16).contains(channels.count),
            channels.allSatisfy(channelRange.contains)
        else {
            throw reader.unsupported("block_out_channels", "1 to 16 whole numbers from 1 to 65536")
        }
        try Self.requireBlocks(reader, "down_block_types", "DownEncoderBlock2D", count: channels.count)
        try Self.requireBlocks(reader, "up_block_types", "UpDecoderBlock2D", count: channels.count)

        let groups = try reader.integer("norm_num_groups", in: channelRange)
        guard channels.allSatisfy({ $0 % groups == 0 }) else {
            throw reader.unsupported("norm_num_groups", "a divisor of all of block_out_channels \(channels)")
        }
        var shift: Float = 0
        if reader.value("shift_factor") != .null {
            guard let value = reader.value("shift_factor").number, Float(value).isFinite else {
                throw reader.unsupported("shift_factor", "null or a number")
            }
            shift = Float(value)
        }
        self.init(
            blockChannels: channels,
            layersPerBlock: try reader.integer("layers_per_block", in: 1...1000),
            normGroups: groups,
            latentChannels: try reader.integer("latent_channels", in: 1...4096),
            outputChannels: try reader.integer("out_channels", in: 3...3),
            middleAttention: try reader.flag("mid_block_add_attention"),
            postQuantConvolution: try reader.flag("use_post_quant_conv"),
            scalingFactor: Float(try reader.positive("scaling_factor")),
            shiftFactor: shift)
    }

    private static func requireBlocks(
        _ reader: ConfigurationReader, _ key: String, _ block: String, count: Int
    ) throws(ReadError) {
        guard reader.value(key) == .array(Array(repeating: .string(block), count: count)) else {
            throw reader.unsupported(key, "\(block), once for each of block_out_channels (\(count))")
        }
    }

    /// Keys and defaults of `diffusers.AutoencoderKL` (0.42).
    private static let diffusersClass = DiffusersClass(
        name: "AutoencoderKL",
        defaults: [
            "in_channels": 3, "out_channels": 3, "down_block_types": ["DownEncoderBlock2D"],
            "up_block_types": ["UpDecoderBlock2D"], "block_out_channels": [64], "layers_per_block": 1,
            "act_fn": "silu", "latent_channels": 4, "norm_num_groups": 32, "sample_size": 32,
            "scaling_factor": 0.18215, "shift_factor": .null, "latents_mean": .null, "latents_std": .null,
            "force_upcast": true, "use_quant_conv": true, "use_post_quant_conv": true,
            "mid_block_add_attention": true,
        ])
}
