public import Checkpoints

extension AutoencoderDecoder {
    /// Names and shapes of the decoder's tensors, as diffusers writes them.
    public static func expectedTensors(_ configuration: AutoencoderConfiguration) -> [String: [Int]] {
        let shape = DecoderShape(configuration)
        var shapes: [String: [Int]] = [:]
        func expect(_ name: String, _ weight: [Int]) {
            shapes[name + ".weight"] = weight
            shapes[name + ".bias"] = [weight[0]]
        }
        func expectResidualBlock(_ prefix: String, _ inputs: Int, _ outputs: Int) {
            expect(prefix + "norm1", [inputs])
            expect(prefix + "conv1", [outputs, inputs, 3, 3])
            expect(prefix + "norm2", [outputs])
            expect(prefix + "conv2", [outputs, outputs, 3, 3])
            if inputs != outputs { expect(prefix + "conv_shortcut", [outputs, inputs, 1, 1]) }
        }
        let (latent, middle) = (configuration.latentChannels, shape.middleChannels)
        if configuration.postQuantConvolution { expect("post_quant_conv", [latent, latent, 1, 1]) }
        expect("decoder.conv_in", [middle, latent, 3, 3])
        for index in 0..<2 { expectResidualBlock("decoder.mid_block.resnets.\(index).", middle, middle) }
        if configuration.middleAttention {
            expect("decoder.mid_block.attentions.0.group_norm", [middle])
            for name in ["to_q", "to_k", "to_v", "to_out.0"] {
                expect("decoder.mid_block.attentions.0." + name, [middle, middle])
            }
        }
        for level in shape.levels {
            for block in 0..<level.residualBlocks {
                expectResidualBlock(
                    level.prefix + "resnets.\(block).", level.inputs(ofBlock: block), level.outputs)
            }
            if level.doubles {
                expect(level.prefix + "upsamplers.0.conv", [level.outputs, level.outputs, 3, 3])
            }
        }
        expect("decoder.conv_norm_out", [shape.outerChannels])
        expect("decoder.conv_out", [configuration.outputChannels, shape.outerChannels, 3, 3])
        return shapes
    }

    /// Whether a tensor may be in a checkpoint without being read: what belongs to encoding.
    public static func ignores(_ name: String) -> Bool {
        name.hasPrefix("encoder.") || name.hasPrefix("quant_conv.")
    }
}
