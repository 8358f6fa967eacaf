import Checkpoints
import Engines
import Files
import Tensors

/// What stands between the first convolution and the levels: diffusers' `UNetMidBlock2D`.
struct MiddleBlock {
    private let before: ResidualBlock
    private let attention: SpatialAttention?
    private let after: ResidualBlock

    init(
        _ configuration: AutoencoderConfiguration, _ reader: LayerReader, channels: Int
    ) throws(ReadError) {
        let prefix = "decoder.mid_block."
        let groups = configuration.normGroups
        before = try ResidualBlock(
            prefix + "resnets.0.", reader, inputs: channels, outputs: channels, groups: groups)
        attention =
            configuration.middleAttention
            ? try SpatialAttention(prefix + "attentions.0.", reader, channels: channels, groups: groups) : nil
        after = try ResidualBlock(
            prefix + "resnets.1.", reader, inputs: channels, outputs: channels, groups: groups)
    }

    var byteCount: Int { before.byteCount + (attention?.byteCount ?? 0) + after.byteCount }

    func apply(to x: inout Tensor, _ engine: any Engine) {
        before.apply(to: &x, engine)
        if let attention { x = attention.apply(x, engine) }
        after.apply(to: &x, engine)
    }
}
