import CachePlanning
import Checkpoints
import Models

/// Floating-point operations of a model's parts; norms, activations and the like are left out.
public enum Work {
    /// One computed step of one image, over its branches.
    public static func step(_ model: DiTConfiguration, branches: Int) -> Double {
        let block = BlockProducts(tokens: model.tokens, width: model.width).whole
        return 2 * Double(block) * Double(model.blocks * branches)
    }

    /// The picture of one latent, square or in tiles.
    public static func decode(
        _ model: AutoencoderConfiguration, latentSide: Int, tiles: DecoderTiles? = .standard
    ) -> Double {
        guard let tiles, latentSide > tiles.side else { return decode(model, latentSide, latentSide) }
        let lengths = tiles.ranges(latentSide).map(\.count)
        return lengths.reduce(0) { sum, height in
            lengths.reduce(sum) { $0 + decode(model, height, $1) }
        }
    }

    private static func decode(_ model: AutoencoderConfiguration, _ height: Int, _ width: Int) -> Double {
        let top = model.blockChannels.count - 1
        var flops = 0.0
        for (name, shape) in AutoencoderDecoder.expectedTensors(model) where shape.count > 1 {
            var doublings = 0
            if name.hasPrefix("decoder.up_blocks."), let level = Int(name.split(separator: ".")[2]) {
                doublings = name.contains("upsamplers") ? level + 1 : level
            } else if name.hasPrefix("decoder.conv_out") {
                doublings = top
            }
            let pixels = (height << doublings) * (width << doublings)
            flops += 2 * Double(shape.reduce(1, *)) * Double(pixels)
        }
        if model.middleAttention, let channels = model.blockChannels.last {
            let pixels = Double(height * width)
            flops += 4 * pixels * pixels * Double(channels)
        }
        return flops
    }
}
