import CachePlanning
public import Models

/// Floating-point operations of a model's parts; norms, activations and the like are left out.
public enum Work {
    /// One computed step of one image, over its branches.
    public static func step(_ model: any DenoiserConfiguration, branches: Int) -> Double {
        2 * Double(branches) * model.products.reduce(0) { $0 + Double($1.whole) }
    }

    /// The picture of one latent, whole or in tiles.
    public static func decode(
        _ model: AutoencoderConfiguration, _ latents: LatentShape, tiles: DecoderTiles? = .standard
    ) -> Double {
        guard let tiles, tiles.count(height: latents.height, width: latents.width) > 1 else {
            return decode(model, latents.height, latents.width)
        }
        return tiles.ranges(latents.height).reduce(0) { sum, rows in
            tiles.ranges(latents.width).reduce(sum) { $0 + decode(model, rows.count, $1.count) }
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
