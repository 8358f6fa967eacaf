import Engines
import Files
import Tensors

/// Attention of one head over all pixels beside a shortcut: the middle block's `Attention` in diffusers.
struct SpatialAttention {
    private let norm: GroupNormalization
    private let queryKeyValue: any PackedLinear
    private let output: any PackedLinear

    init(_ prefix: String, _ reader: LayerReader, channels: Int, groups: Int) throws(ReadError) {
        norm = try GroupNormalization(prefix + "group_norm", reader, channels: channels, groups: groups)
        queryKeyValue = try reader.linear(
            ["to_q", "to_k", "to_v"].map { prefix + $0 }, inputs: channels, outputs: channels)
        output = try reader.linear([prefix + "to_out.0"], inputs: channels, outputs: channels)
    }

    var byteCount: Int { norm.byteCount + queryKeyValue.byteCount + output.byteCount }

    /// [H, W, C] to the same shape.
    func apply(_ x: Tensor, _ engine: any Engine) -> Tensor {
        let (pixels, channels) = (x.shape[0] * x.shape[1], x.shape[2])
        let projected = Tensor(zeros: [1, pixels, 3 * channels])
        let tokens = norm.apply(x, silu: false, engine).reshaped([1, pixels, channels])
        engine.linear(tokens, queryKeyValue, activation: .identity, into: projected)
        engine.attention(projected, heads: 1, into: tokens)
        let result = Tensor(zeros: x.shape)
        engine.linear(tokens, output, activation: .identity, into: result.reshaped([1, pixels, channels]))
        engine.add(x, to: result)
        return result
    }
}
