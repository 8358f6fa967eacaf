import RunTrace

/// What one rank says of itself when the run is over.
public struct RankReport: Sendable, Codable {
    /// The first of its blocks.
    public var firstBlock: Int
    /// How many blocks it has.
    public var blockCount: Int
    /// Memory of its packed weights.
    public var weightBytes: Int
    /// Bytes of weights that rank 0 has sent to it.
    public var receivedWeightBytes: Int
    /// Seconds from the first slot to the last one's end, decoding left out.
    public var denoiseSeconds: Double
    /// Its spans and counters.
    public var trace: RankTrace

    /// A report of the given parts.
    public init(
        firstBlock: Int, blockCount: Int, weightBytes: Int, receivedWeightBytes: Int = 0,
        denoiseSeconds: Double, trace: RankTrace
    ) {
        self.firstBlock = firstBlock
        self.blockCount = blockCount
        self.weightBytes = weightBytes
        self.receivedWeightBytes = receivedWeightBytes
        self.denoiseSeconds = denoiseSeconds
        self.trace = trace
    }
}
