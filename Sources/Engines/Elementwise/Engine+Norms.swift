import CKernels
import Tensors

extension Engine {
    /// y = (x − mean(x)) / √(variance(x) + epsilon) · weight + bias, torch's `nn.LayerNorm`, of each span of each row.
    ///
    /// A span is as wide as the weight: the row, or a head of it (q and k of CogVideoX).
    /// - Parameters:
    ///   - x: [M, N, W], f32 or bf16.
    ///   - weight: [D] f32, whose D divides W.
    ///   - bias: [D] f32.
    ///   - epsilon: added to the variance.
    ///   - y: [M, N, W], f32 or bf16; may be x.
    public func layerNorm(_ x: RowsView, weight: Tensor, bias: Tensor, epsilon: Float, into y: RowsView) {
        precondition(bias.count == weight.count, "layerNorm: weight \(weight.shape), bias \(bias.shape)")
        normalize(x, CKERNELS_LAYER_NORM, weight: weight, bias: bias, epsilon: epsilon, into: y)
    }

    /// y = x / √(mean(x²) + epsilon) · weight, arXiv 1910.07467 and torch's `nn.RMSNorm`, of each span of each row.
    ///
    /// A span is as wide as the weight: the row, or a head of it (q and k of SD3.5, FLUX, Qwen). With an epsilon of 1e-24
    /// it is `WanRMS_norm`, which divides by the length alone; Gemma's weights come without their 1.
    /// - Parameters:
    ///   - x: [M, N, W], f32 or bf16.
    ///   - weight: [D] f32, whose D divides W.
    ///   - bias: [D] f32, added (`AutoencoderDC`), or none.
    ///   - epsilon: added to the mean square.
    ///   - y: [M, N, W], f32 or bf16; may be x.
    public func rmsNorm(
        _ x: RowsView, weight: Tensor, bias: Tensor? = nil, epsilon: Float, into y: RowsView
    ) {
        precondition(
            bias.map { $0.count == weight.count } ?? true,
            "rmsNorm: weight \(weight.shape), bias \(bias?.shape ?? [])")
        normalize(x, CKERNELS_RMS_NORM, weight: weight, bias: bias, epsilon: epsilon, into: y)
    }

    private func normalize(
        _ x: RowsView, _ norm: ckernels_norm, weight: Tensor, bias: Tensor?, epsilon: Float, into y: RowsView
    ) {
        let span = weight.count
        precondition(
            span > 0 && x.width % span == 0 && x.isAlike(y) && x.elementType != .f16 && y.elementType != .f16,
            "norm of \(span) numbers: \(x) into \(y)")
        let (weight, bias) = (weight.floatAddress, bias?.floatAddress)
        y.forEachRow(pool) { image, row in
            for column in stride(from: 0, to: x.width, by: span) {
                loops.normalize(
                    norm, x.address(image: image, row: row, column: column), x.format, epsilon, 0, weight,
                    bias, span, y.address(image: image, row: row, column: column), y.format)
            }
        }
    }
}
