import Tensors

/// The pieces of a convolution: bands of output rows, cut by the image's and the layer's sizes alone.
struct ConvolutionBands {
    /// Of the input.
    let height: Int
    let width: Int
    /// Of the output.
    let resultWidth: Int
    /// How the output's rows are cut.
    let bands: Tiles
    let kernel: Int
    let stride: Int
    /// Rows of padding above, columns to the left: none at stride 2.
    let before: Int

    /// - Parameters:
    ///   - rows: the fewest and the most rows that are worth a band; between them, eight bands for threads.
    init(_ x: Tensor, _ weights: any PackedConvolution, into y: Tensor, rows: ClosedRange<Int>) {
        let stride = weights.stride
        precondition(
            x.shape.count == 3 && x.shape[2] == weights.inputChannels
                && y.shape == [x.shape[0] / stride, x.shape[1] / stride, weights.outputChannels],
            """
            convolution: \(weights.inputChannels) to \(weights.outputChannels) channels at stride \(stride) on \
            \(x.shape) into \(y.shape)
            """)
        (height, width, resultWidth) = (x.shape[0], x.shape[1], y.shape[1])
        (kernel, self.stride) = (weights.kernel, stride)
        before = stride == 1 ? kernel / 2 : 0
        bands = Tiles(y.shape[0], limit: min(max((y.shape[0] + 7) / 8, rows.lowerBound), rows.upperBound))
    }

    /// The input rows that a band needs, and how many of its rows of padding lie outside of the image.
    func input(of band: Range<Int>) -> (rows: Range<Int>, above: Int, below: Int) {
        let (first, end) = (
            band.lowerBound * stride - before, (band.upperBound - 1) * stride - before + kernel
        )
        let rows = max(0, first)..<min(height, end)
        return (rows, rows.lowerBound - first, end - rows.upperBound)
    }

    /// Columns of padding to the right, as far as the output needs them.
    var right: Int { (resultWidth - 1) * stride - before + kernel - width }
}
