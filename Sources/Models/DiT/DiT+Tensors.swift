public import Checkpoints

extension DiT {
    /// Names and shapes of all tensors of a whole model, as diffusers writes them.
    public static func expectedTensors(_ configuration: DiTConfiguration) -> [String: [Int]] {
        let whole = tensors(
            configuration, blocks: 0..<configuration.blocks, embedsPatches: true, hasFinalLayer: true)
        return Dictionary(whole.map { ($0.name, $0.shape) }) { $1 }
    }

    /// Names and shapes of the tensors that an instance reads, in the order in which it reads them.
    public static func tensors(
        _ configuration: DiTConfiguration, blocks: Range<Int>, embedsPatches: Bool, hasFinalLayer: Bool
    ) -> [(name: String, shape: [Int])] {
        let width = configuration.width
        let patch = configuration.patch
        var tensors: [(name: String, shape: [Int])] = []
        func addLinear(_ name: String, _ outputs: Int, _ inputs: Int) {
            tensors += [(name + ".weight", [outputs, inputs]), (name + ".bias", [outputs])]
        }
        if embedsPatches {
            tensors += [
                ("pos_embed.proj.weight", [width, configuration.inputChannels, patch, patch]),
                ("pos_embed.proj.bias", [width]),
            ]
        }
        if hasFinalLayer {
            addLinear("proj_out_1", 2 * width, width)
            addLinear("proj_out_2", patch * patch * configuration.outputChannels, width)
        }
        for block in [0] + blocks.filter({ $0 > 0 }) {
            tensors += EmbedderTensors.tensors(configuration, block: block)
        }
        for block in blocks {
            let prefix = "transformer_blocks.\(block)."
            addLinear(prefix + "norm1.linear", 6 * width, width)
            for name in ["to_q", "to_k", "to_v", "to_out.0"] {
                addLinear(prefix + "attn1." + name, width, width)
            }
            addLinear(prefix + "ff.net.0.proj", 4 * width, width)
            addLinear(prefix + "ff.net.2", width, 4 * width)
        }
        return tensors
    }

    /// Names and shapes of tensors that may be in a checkpoint and are not read: the position embedding, which
    /// is computed.
    public static func optionalTensors(_ configuration: DiTConfiguration) -> [String: [Int]] {
        ["pos_embed.pos_embed": [1, configuration.tokens, configuration.width]]
    }
}
