import Failures
import Sampling
import Testing

@Suite(.serialized)
struct PartitionTests {
    @Test(arguments: [(12, 1), (12, 5), (28, 3), (5, 5), (1, 1)])
    func balancedCutsDifferByOneAtMost(blocks: Int, ranks: Int) throws {
        let partition = try Partition(balanced: blocks, over: ranks)
        #expect(partition.blockCounts.count == ranks)
        #expect(partition.blockCounts.reduce(0, +) == blocks)
        #expect(partition.blockCounts == partition.blockCounts.sorted(by: >))
        #expect((partition.blockCounts.max() ?? 0) - (partition.blockCounts.min() ?? 0) <= 1)
    }

    /// The dynamic programme against all cuts there are.
    @Test(arguments: [[1.0], [1, 1], [1, 3], [2, 1, 1.5], [0.4, 5, 1, 1]], [5, 9])
    func fastestCutHasTheFastestSlowestStage(_ block: [Double], blocks: Int) throws {
        let costs = PartCosts(
            block: block, embedding: block.map { 0.3 * $0 }, finalLayer: block.map { 0.5 * $0 })
        func slowest(_ counts: [Int]) -> Double {
            let tail = counts.count - 1
            return counts.indices.map { rank in
                Double(counts[rank]) * block[rank] + (rank == 0 ? 0.3 * block[rank] : 0)
                    + (rank == tail ? (2 * 0.3 + 3 * 0.5) * block[rank] : 0)
            }.max() ?? 0
        }
        func cuts(_ blocks: Int, _ ranks: Int) -> [[Int]] {
            if ranks == 1 { return blocks > 0 ? [[blocks]] : [] }
            guard blocks >= ranks else { return [] }
            return (1...blocks).flatMap { first in
                cuts(blocks - first, ranks - 1).map { [first] + $0 }
            }
        }
        let found = try Partition(fastest: costs, blocks: blocks)
        #expect(found.blockCounts.count == block.count)
        #expect(found.blockCounts.reduce(0, +) == blocks)
        #expect(slowest(found.blockCounts) == cuts(blocks, block.count).map(slowest).min())
    }

    @Test func moreRanksThanBlocksHaveNoFastestCut() {
        let costs = PartCosts(block: [1, 1, 1], embedding: [0, 0, 0], finalLayer: [0, 0, 0])
        #expect(throws: SamplingError.self) { try Partition(fastest: costs, blocks: 2) }
    }

    @Test func ranksHoldAdjacentRunsThatCoverTheModel() throws {
        let partition = try Partition([8, 12, 7, 1], blocks: 28, ranks: 4)
        #expect((0..<4).map(partition.blocks(of:)) == [0..<8, 8..<20, 20..<27, 27..<28])
    }

    @Test func moreRanksThanBlocksAreAnError() {
        expectUsage(
            "6 ranks for a model of 5 blocks: each rank needs one block at least; start at most 5 ranks"
        ) { () throws(SamplingError) in try Partition(balanced: 5, over: 6) }
    }

    @Test func tooFewNumbersAreAnError() {
        expectUsage("--partition 2,3 names 2 ranks, but the run has 3: give one number each") {
            () throws(SamplingError) in try Partition([2, 3], blocks: 5, ranks: 3)
        }
    }

    @Test(arguments: [[5, 0], [-1, 6]])
    func rankWithoutBlockIsAnError(_ blockCounts: [Int]) {
        let given = "--partition \(blockCounts[0]),\(blockCounts[1])"
        expectUsage("\(given) leaves a rank without a block: give each at least 1") {
            () throws(SamplingError) in try Partition(blockCounts, blocks: 5, ranks: 2)
        }
    }

    @Test func sumThatIsNotTheModelsIsAnError() {
        expectUsage("--partition 2,4 adds up to 6 blocks, but the model has 5") {
            () throws(SamplingError) in try Partition([2, 4], blocks: 5, ranks: 2)
        }
    }

    /// 2⁶³ − 1 + 2⁶³ − 1 + 7 is 5 in 64 bits.
    @Test func sumThatOverflowsIsAnError() {
        expectUsage("adds up to 5 blocks") { () throws(SamplingError) in
            try Partition([.max, .max, 7], blocks: 5, ranks: 3)
        }
    }

    private func expectUsage(_ message: String, _ body: () throws(SamplingError) -> Partition) {
        do throws(SamplingError) {
            Issue.record("no error, but \(try body())")
        } catch {
            #expect(error.description.contains(message))
            #expect(error.failureKind == .usage)
        }
    }
}
