import Checkpoints
extension AutoencoderDecoder {
    /// Names and shapes of the decoder's tensors, as diffusers writes them.
    public static func expectedTensors(_ configuration: AutoencoderConfiguration) -> [String: [Int]] {
        Dictionary(tensors(configuration).map { ($0.name, $0.shape) }) { $1 }
    }

    /// The same in the order in which an instance reads them.
    public static func tensors(_ configuration: AutoencoderConfiguration) -> [(name: String, shape: [Int])] {
        let shape = DecoderShape(configuration)
        var tensors: [(name: String, shape: [Int])] = []
        func add(_ name: String, _ weight: [Int]) {
            tensors += [(name + ".weight", weight), (name + ".bias", [weight[0]])]
        }
        func addResidualBlock(_ prefix: String, _ inputs: Int, _ outputs: Int) {
            add(prefix + "norm1", [inputs])
            add(prefix + "conv1", [outputs, inputs, 3, 3])
            add(prefix + "norm2", [outputs])
            add(prefix + "conv2", [outputs, outputs, 3, 3])
            if inputs != outputs { add(prefix + "conv_shortcut", [outputs, inputs, 1, 1]) }
        }
        let (latent, middle) = (configuration.latentChannels, shape.middleChannels)
        if configuration.postQuantConvolution { add("post_quant_conv", [latent, latent, 1, 1]) }
        add("decoder.conv_in", [middle, latent, 3, 3])
        addResidualBlock("decoder.mid_block.resnets.0.", middle, middle)
        if configuration.middleAttention {
            add("decoder.mid_block.attentions.0.group_norm", [middle])
            for name in ["to_q", "to_k", "to_v", "to_out.0"] {
                add("decoder.mid_block.attentions.0." + name, [middle, middle])
            }
        }
        addResidualBlock("decoder.mid_block.resnets.1.", middle, middle)
        for level in shape.levels {
            for block in 0..<level.residualBlocks {
                addResidualBlock(
                    level.prefix + "resnets.\(block).", level.inputs(ofBlock: block), level.outputs)
            }
            if level.doubles {
                add(level.prefix + "upsamplers.0.conv", [level.outputs, level.outputs, 3, 3])
            }
        }
        add("decoder.conv_norm_out", [shape.outerChannels])
        add("decoder.conv_out", [configuration.outputChannels, shape.outerChannels, 3, 3])
        return tensors
    }

    /// Whether a tensor may be in a checkpoint without being read: what belongs to encoding.
    public static func ignores(_ name: String) -> Bool {
        name.hasPrefix("encoder.") || name.hasPrefix("quant_conv.")
    }
}
