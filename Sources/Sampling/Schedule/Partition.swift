import Failures

/// How the transformer's blocks are cut over the ranks: contiguous runs, in rank order.
public struct Partition: Sendable, Equatable, Codable {
    /// Blocks on each rank, each at least 1.
    public let blockCounts: [Int]

    /// As even a cut as there is; what is left over goes to the first ranks, since the last one also gathers.
    /// - Throws: `SamplingError` if there are more ranks than blocks.
    public init(balanced blocks: Int, over ranks: Int) throws(SamplingError) {
        try Self.requireRanks(ranks, blocks: blocks)
        blockCounts = (0..<ranks).map { blocks / ranks + ($0 < blocks % ranks ? 1 : 0) }
    }

    static func requireRanks(_ ranks: Int, blocks: Int) throws(SamplingError) {
        guard ranks <= blocks else {
            throw SamplingError(
                .usage,
                "\(ranks) ranks for a model of \(blocks) blocks: each rank needs one block at least; "
                    + "start at most \(blocks) ranks")
        }
    }

    /// The cut that the user asked for.
    /// - Throws: `SamplingError` if it does not fit the model or the ranks.
    public init(_ blockCounts: [Int], blocks: Int, ranks: Int) throws(SamplingError) {
        let given = "--partition " + blockCounts.map(String.init).joined(separator: ",")
        guard blockCounts.count == ranks else {
            throw SamplingError(
                .usage,
                "\(given) names \(blockCounts.count) ranks, but the run has \(ranks): give one number each")
        }
        guard blockCounts.allSatisfy({ $0 > 0 }) else {
            throw SamplingError(.usage, "\(given) leaves a rank without a block: give each at least 1")
        }
        var sum = 0
        for count in blockCounts { sum = sum.addingReportingOverflow(count).partialValue }
        guard sum == blocks, blockCounts.allSatisfy({ $0 <= blocks }) else {
            throw SamplingError(.usage, "\(given) adds up to \(sum) blocks, but the model has \(blocks)")
        }
        self.blockCounts = blockCounts
    }

    /// The blocks of one rank.
    public func blocks(of rank: Int) -> Range<Int> {
        let first = blockCounts[..<rank].reduce(0, +)
        return first..<first + blockCounts[rank]
    }
}
