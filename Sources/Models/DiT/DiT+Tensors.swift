public import Checkpoints

extension DiT {
    /// Names and shapes of all tensors of a whole model, as diffusers writes them.
    public static func expectedTensors(_ configuration: DiTConfiguration) -> [String: [Int]] {
        let width = configuration.width
        let patch = configuration.patch
        let outputs = patch * patch * configuration.outputChannels
        var shapes: [String: [Int]] = [
            "pos_embed.proj.weight": [width, configuration.inputChannels, patch, patch],
            "pos_embed.proj.bias": [width],
        ]
        func expectLinear(_ name: String, _ outputs: Int, _ inputs: Int) {
            shapes[name + ".weight"] = [outputs, inputs]
            shapes[name + ".bias"] = [outputs]
        }
        for block in 0..<configuration.blocks {
            let prefix = "transformer_blocks.\(block)."
            let embedding = prefix + "norm1.emb."
            expectLinear(embedding + "timestep_embedder.linear_1", width, TimestepFrequencies.count)
            expectLinear(embedding + "timestep_embedder.linear_2", width, width)
            shapes[embedding + "class_embedder.embedding_table.weight"] = [configuration.classes + 1, width]
            expectLinear(prefix + "norm1.linear", 6 * width, width)
            for name in ["to_q", "to_k", "to_v", "to_out.0"] {
                expectLinear(prefix + "attn1." + name, width, width)
            }
            expectLinear(prefix + "ff.net.0.proj", 4 * width, width)
            expectLinear(prefix + "ff.net.2", width, 4 * width)
        }
        expectLinear("proj_out_1", 2 * width, width)
        expectLinear("proj_out_2", outputs, width)
        return shapes
    }

    /// Names and shapes of tensors that may be in a checkpoint and are not read: the position embedding, which
    /// is computed.
    public static func optionalTensors(_ configuration: DiTConfiguration) -> [String: [Int]] {
        ["pos_embed.pos_embed": [1, configuration.tokens, configuration.width]]
    }
}
