/// A part of a denoiser that is read at once.
public enum ModelPart: Sendable, Hashable {
    /// What makes rows of latents.
    case embedding
    /// What makes latents of rows.
    case finalLayer
    /// What a block needs to know of prompt and time; block 0's may serve all.
    case conditioner(block: Int)
    /// A block.
    case block(Int)
}

/// What one rank holds of a denoiser.
public struct ModelShare: Sendable, Hashable {
    /// Its blocks.
    public var blocks: Range<Int>
    /// Whether it embeds latents.
    public var embeds: Bool
    /// Whether it has the final layer.
    public var predicts: Bool

    /// A share of the given parts.
    public init(blocks: Range<Int>, embeds: Bool, predicts: Bool) {
        self.blocks = blocks
        self.embeds = embeds
        self.predicts = predicts
    }

    /// What a rank of a pipeline holds: the head embeds, and the tail, which takes reused steps by itself, does both.
    public init(blocks: Range<Int>, rank: Int, of ranks: Int) {
        self.init(blocks: blocks, embeds: rank == 0 || rank == ranks - 1, predicts: rank == ranks - 1)
    }

    /// Whether another share is part of this one.
    public func contains(_ other: ModelShare) -> Bool {
        blocks.lowerBound <= other.blocks.lowerBound && other.blocks.upperBound <= blocks.upperBound
            && (embeds || !other.embeds) && (predicts || !other.predicts)
    }
}

/// A way past the blocks between: what one block leaves is read by a later one.
public struct LongSkip: Sendable, Hashable {
    /// The block whose output is kept.
    public var from: Int
    /// The block that reads it.
    public var to: Int

    /// A way from one block to a later one.
    public init(from: Int, to: Int) {
        precondition(from < to, "LongSkip: from block \(from) to block \(to)")
        self.from = from
        self.to = to
    }
}
