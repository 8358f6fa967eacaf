/// What the pieces of a run cost, in seconds.
public struct RunCosts: Sendable, Codable, Equatable {
    /// One block for one image of one branch, on each rank; ranks beyond the last are like it.
    public var blockSeconds: [Double]
    /// What one block takes besides for each micro-batch, however many images it has: small ones are dearer.
    public var microBatchSeconds = 0.0
    /// What the head does for one image of one branch before its blocks.
    public var embedSeconds: Double
    /// What follows the last block at a computed step, for one image: final layer, guidance, scheduler.
    public var gatherSeconds: Double
    /// A reused step of one image.
    public var reuseSeconds: Double
    /// The picture of one latent.
    public var decodeSeconds: Double

    /// Costs of the given pieces.
    public init(
        blockSeconds: [Double], embedSeconds: Double = 0, gatherSeconds: Double = 0, reuseSeconds: Double = 0,
        decodeSeconds: Double = 0
    ) {
        precondition(!blockSeconds.isEmpty, "RunCosts: no rank")
        self.blockSeconds = blockSeconds
        self.embedSeconds = embedSeconds
        self.gatherSeconds = gatherSeconds
        self.reuseSeconds = reuseSeconds
        self.decodeSeconds = decodeSeconds
    }

    func blockSeconds(on rank: Int) -> Double { blockSeconds[min(rank, blockSeconds.count - 1)] }
}

extension RunCosts {
    /// Takes a block's costs from what it takes for micro-batches of two sizes, on a lone rank.
    /// - Parameters:
    ///   - small: images of all branches, and the seconds for one of them.
    ///   - large: the same of more images.
    public mutating func setBlockSeconds(
        small: (rows: Int, each: Double), large: (rows: Int, each: Double)
    ) {
        let more = Double(large.rows - small.rows)
        guard more > 0, small.each > large.each else {
            (blockSeconds, microBatchSeconds) = ([small.each], 0)
            return
        }
        let (few, many) = (Double(small.rows), Double(large.rows))
        let each = max(0, (many * large.each - few * small.each) / more)
        (blockSeconds, microBatchSeconds) = ([each], few * (small.each - each))
    }
}

/// What a message costs between two ranks.
public struct LinkCosts: Sendable, Codable, Equatable {
    /// From the start of sending an empty message to its arrival.
    public var latencySeconds: Double
    /// Bytes that a long message moves in a second.
    public var bytesPerSecond: Double
    /// The share of a transfer, from 0 to 1, during which both ranks can compute; the rest of it keeps them.
    public var overlap: Double

    /// A link of the given costs.
    public init(latencySeconds: Double, bytesPerSecond: Double, overlap: Double = 1) {
        self.latencySeconds = latencySeconds
        self.bytesPerSecond = bytesPerSecond
        self.overlap = overlap
    }

    /// One that costs nothing.
    public static let free = LinkCosts(latencySeconds: 0, bytesPerSecond: .infinity)

    /// Seconds that a message of so many bytes needs once it is on its way.
    func transferSeconds(_ bytes: Int) -> Double { Double(bytes) / bytesPerSecond }
}

/// Every link of a pipeline.
public struct LinkTable: Sendable, Codable, Equatable {
    /// Links between pairs of ranks, keyed by the lower and the higher rank, as "0-1".
    private var known: [String: LinkCosts]
    private var other: LinkCosts

    /// - Parameter other: the link of every pair that is not named otherwise.
    public init(_ other: LinkCosts) {
        self.other = other
        known = [:]
    }

    /// The link between two ranks, in both directions.
    public subscript(a: Int, b: Int) -> LinkCosts {
        get { known[Self.key(a, b)] ?? other }
        set { known[Self.key(a, b)] = newValue }
    }

    private static func key(_ a: Int, _ b: Int) -> String { "\(min(a, b))-\(max(a, b))" }
}
