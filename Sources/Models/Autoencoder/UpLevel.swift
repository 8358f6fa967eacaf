import Checkpoints
import Engines
import Files
import Tensors

/// Residual blocks of one width, and a doubling of the sides after them: diffusers' `UpDecoderBlock2D`.
struct UpLevel {
    private let residualBlocks: [ResidualBlock]
    private let afterDoubling: (any PackedConvolution)?

    init(
        _ level: DecoderShape.Level, _ configuration: AutoencoderConfiguration, _ reader: LayerReader
    ) throws(ReadError) {
        var blocks: [ResidualBlock] = []
        for block in 0..<level.residualBlocks {
            blocks.append(
                try ResidualBlock(
                    level.prefix + "resnets.\(block).", reader, inputs: level.inputs(ofBlock: block),
                    outputs: level.outputs, groups: configuration.normGroups))
        }
        residualBlocks = blocks
        afterDoubling =
            level.doubles
            ? try reader.convolution(
                level.prefix + "upsamplers.0.conv", inputs: level.outputs, outputs: level.outputs, kernel: 3)
            : nil
    }

    var byteCount: Int {
        residualBlocks.reduce(afterDoubling?.byteCount ?? 0) { $0 + $1.byteCount }
    }

    func apply(to x: inout Tensor, _ engine: any Engine) {
        for block in residualBlocks { block.apply(to: &x, engine) }
        guard let afterDoubling else { return }
        let doubled = Tensor(zeros: [2 * x.shape[0], 2 * x.shape[1], x.shape[2]])
        engine.upsampleNearest(x, into: doubled)
        x = doubled
        x = engine.convolved(x, afterDoubling)
    }
}
