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
            #expect(error.exitStatus == 64)
        }
    }
}
