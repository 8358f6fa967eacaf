/// A frequency filter for latents of one shape, as products with a cosine basis.
public struct BandSplitter: Sendable {
    /// The filter.
    public let filter: FrequencyFilter
    /// Numbers in a latent, C · H · W.
    public let count: Int
    private let rows: CosineBasis
    private let columns: CosineBasis
    /// [H, W]: the share of each frequency that is low.
    private let lowShares: [Double]

    /// The filter for latents [C, H, W].
    public init(_ filter: FrequencyFilter, channels: Int, height: Int, width: Int) {
        precondition(channels > 0 && height > 0 && width > 0, "latents [\(channels), \(height), \(width)]")
        self.filter = filter
        count = channels * height * width
        rows = CosineBasis(length: height)
        columns = CosineBasis(length: width)
        lowShares = (0..<(height * width)).map { index in
            let vertical = Double(index / width) / Double(height)
            let horizontal = Double(index % width) / Double(width)
            return filter.lowShare(radius: (vertical * vertical + horizontal * horizontal).squareRoot())
        }
    }

    /// The low frequencies of `values`, whatever the filter's kind.
    /// - Parameter values: [C, H, W].
    public func low(_ values: [Float]) -> [Float] {
        precondition(values.count == count, "\(values.count) numbers, expected \(count)")
        let (height, width) = (rows.length, columns.length)
        var result: [Float] = []
        result.reserveCapacity(count)
        for channel in stride(from: 0, to: count, by: height * width) {
            let plane = values[channel..<(channel + height * width)].map(Double.init)
            let down = product(rows.forward, plane, rows: height, inner: height, columns: width)
            var spectrum = product(down, columns.backward, rows: height, inner: width, columns: width)
            for index in spectrum.indices { spectrum[index] *= lowShares[index] }
            let up = product(rows.backward, spectrum, rows: height, inner: height, columns: width)
            let kept = product(up, columns.forward, rows: height, inner: width, columns: width)
            for value in kept { result.append(Float(value)) }
        }
        return result
    }

    /// What is left of `values` without their low frequencies.
    /// - Parameter values: [C, H, W].
    public func high(_ values: [Float]) -> [Float] { zip(values, low(values)).map { $0 - $1 } }

    /// The filter F_i of step i.
    /// - Parameter values: [C, H, W].
    public func callAsFunction(_ values: [Float], step: Int) -> [Float] {
        switch filter.kind {
        case .none: values
        case .lowThenHigh: step < filter.switchStep ? low(values) : high(values)
        }
    }
}
