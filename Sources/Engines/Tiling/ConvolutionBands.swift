import Tensors

/// The pieces of a convolution: bands of output rows, cut by the image's and the layer's sizes alone.
struct ConvolutionBands {
    let height: Int
    let width: Int
    /// How the rows are cut.
    let bands: Tiles
    private let pad: Int

    /// - Parameters:
    ///   - rows: the fewest and the most rows that are worth a band; between them, eight bands for threads.
    init(
        _ x: Tensor, _ weights: any PackedConvolution, kernel: Int, into y: Tensor, rows: ClosedRange<Int>
    ) {
        precondition(
            x.shape.count == 3 && x.shape[2] == weights.inputChannels
                && y.shape == [x.shape[0], x.shape[1], weights.outputChannels],
            """
            convolution: \(weights.inputChannels) to \(weights.outputChannels) channels on \(x.shape) into \
            \(y.shape)
            """)
        (height, width, pad) = (x.shape[0], x.shape[1], kernel / 2)
        bands = Tiles(height, limit: min(max((height + 7) / 8, rows.lowerBound), rows.upperBound))
    }

    /// The input rows that a band needs, and how many of its rows of padding lie outside of the image.
    func input(of band: Range<Int>) -> (rows: Range<Int>, above: Int, below: Int) {
        let rows = max(0, band.lowerBound - pad)..<min(height, band.upperBound + pad)
        return (rows, rows.lowerBound - (band.lowerBound - pad), band.upperBound + pad - rows.upperBound)
    }
}
