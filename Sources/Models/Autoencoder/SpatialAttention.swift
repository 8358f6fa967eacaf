import Checkpoints
import Engines
import Tensors

/// Attention of one head over all pixels beside a shortcut: the middle block's `Attention` in diffusers.
struct SpatialAttention {
    private let norm: GroupNormalization
    private let queryKeyValue: any PackedLinear
    private let output: any PackedLinear

    init(_ prefix: String, _ reader: LayerReader, channels: Int, groups: Int) throws(CheckpointError) {
        norm = try GroupNormalization(prefix + "group_norm", reader, channels: channels, groups: groups)
        queryKeyValue = try reader.linear(
            ["to_q", "to_k", "to_v"].map { prefix + $0 }, inputs: channels, outputs: channels)
        output = try reader.linear(prefix + "to_out.0", inputs: channels, outputs: channels)
    }

    var byteCount: Int { norm.byteCount + queryKeyValue.byteCount + output.byteCount }

    /// [C, H, W] to the same shape.
    func apply(_ x: Tensor, _ engine: any Engine) -> Tensor {
        let channels = x.shape[0]
        let pixels = x.count / channels
        let tokens = Tensor(zeros: [1, pixels, channels])
        let projected = Tensor(zeros: [1, pixels, 3 * channels])
        let attended = Tensor(zeros: [1, pixels, channels])
        let normed = norm.apply(x, silu: false, engine).reshaped([channels, pixels])
        engine.transpose(normed, into: tokens.reshaped([pixels, channels]))
        engine.linear(tokens, queryKeyValue, activation: .identity, into: projected)
        engine.attention(projected, heads: 1, into: attended)
        engine.linear(attended, output, activation: .identity, into: tokens)
        let result = Tensor(zeros: x.shape)
        engine.transpose(tokens.reshaped([pixels, channels]), into: result.reshaped([channels, pixels]))
        engine.add(x, to: result)
        return result
    }
}
