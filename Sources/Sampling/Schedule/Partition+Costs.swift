/// What parts of the model take on each rank, in seconds for one row; in rank order.
public struct PartCosts: Sendable, Codable {
    /// One block.
    public var block: [Double]
    /// The patch embedding.
    public var embedding: [Double]
    /// The final layer.
    public var finalLayer: [Double]

    /// Costs of the given parts, each measured on every rank.
    public init(block: [Double], embedding: [Double], finalLayer: [Double]) {
        precondition(
            !block.isEmpty && block.count == embedding.count && block.count == finalLayer.count,
            "PartCosts: \(block.count), \(embedding.count) and \(finalLayer.count) ranks")
        (self.block, self.embedding, self.finalLayer) = (block, embedding, finalLayer)
    }

    /// What a rank does besides its blocks for each row that goes through the pipeline.
    ///
    /// The head embeds it. The tail, where every other step is reused, embeds twice and applies the final layer to what
    /// the blocks made, to what reuse would have made of it, and to the reused step.
    fileprivate func besidesBlocks(_ rank: Int) -> Double {
        (rank == 0 ? embedding[rank] : 0)
            + (rank == block.count - 1 ? 2 * embedding[rank] + 3 * finalLayer[rank] : 0)
    }
}

extension Partition {
    /// The cut whose slowest stage is fastest, since that is what a full pipeline goes by; a dynamic programme over all
    /// contiguous cuts.
    ///
    /// Pictures are decoded by all ranks alike, in time that the pipeline leaves, and are left out.
    /// - Throws: `SamplingError` if there are more ranks than blocks.
    public init(fastest costs: PartCosts, blocks: Int) throws(SamplingError) {
        let ranks = costs.block.count
        try Self.requireRanks(ranks, blocks: blocks)
        // The slowest stage of the first ranks, and the blocks of the last of them, by the blocks that they share.
        var best: [(slowest: Double, last: Int)?] = Array(repeating: nil, count: blocks + 1)
        best[0] = (0, 0)
        var lasts: [[Int]] = []
        for rank in 0..<ranks {
            var next: [(slowest: Double, last: Int)?] = Array(repeating: nil, count: blocks + 1)
            for shared in rank..<blocks {
                guard let before = best[shared] else { continue }
                for count in 1...(blocks - shared) {
                    let own = Double(count) * costs.block[rank] + costs.besidesBlocks(rank)
                    let slowest = max(before.slowest, own)
                    let known = next[shared + count]
                    if known.map({ slowest < $0.slowest }) ?? true { next[shared + count] = (slowest, count) }
                }
            }
            best = next
            lasts.append(next.map { $0?.last ?? 0 })
        }
        var counts: [Int] = []
        var shared = blocks
        for last in lasts.reversed() {
            counts.insert(last[shared], at: 0)
            shared -= last[shared]
        }
        blockCounts = counts
    }
}
