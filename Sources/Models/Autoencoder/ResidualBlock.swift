import Engines
import Files
import Tensors

/// Two normed convolutions beside a shortcut: diffusers' `ResnetBlock2D` without time embedding.
struct ResidualBlock {
    private let norm1: GroupNormalization
    private let convolution1: any PackedConvolution
    private let norm2: GroupNormalization
    private let convolution2: any PackedConvolution
    private let shortcut: (any PackedConvolution)?

    init(
        _ prefix: String, _ reader: LayerReader, inputs: Int, outputs: Int, groups: Int
    ) throws(ReadError) {
        norm1 = try GroupNormalization(prefix + "norm1", reader, channels: inputs, groups: groups)
        convolution1 = try reader.convolution(prefix + "conv1", inputs: inputs, outputs: outputs, kernel: 3)
        norm2 = try GroupNormalization(prefix + "norm2", reader, channels: outputs, groups: groups)
        convolution2 = try reader.convolution(prefix + "conv2", inputs: outputs, outputs: outputs, kernel: 3)
        shortcut =
            inputs == outputs
            ? nil
            : try reader.convolution(prefix + "conv_shortcut", inputs: inputs, outputs: outputs, kernel: 1)
    }

    var byteCount: Int {
        norm1.byteCount + convolution1.byteCount + norm2.byteCount + convolution2.byteCount
            + (shortcut?.byteCount ?? 0)
    }

    /// [H, W, inputs] to [H, W, outputs].
    ///
    /// In the highest level each of these tensors is as large as all weights, so none is kept that has been read
    /// for the last time.
    func apply(to x: inout Tensor, _ engine: any Engine) {
        let beside = shortcut.map { engine.convolved(x, $0) }
        var inner: Tensor
        if let beside {
            norm1.apply(to: x, silu: true, engine)
            inner = engine.convolved(x, convolution1)
            x = beside
        } else {
            inner = engine.convolved(norm1.apply(x, silu: true, engine), convolution1)
        }
        norm2.apply(to: inner, silu: true, engine)
        inner = engine.convolved(inner, convolution2)
        engine.add(x, to: inner)
        x = inner
    }
}
