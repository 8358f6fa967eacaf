import Sampling
import Testing

@Suite(.serialized)
struct MicroBatchingTests {
    @Test func loneRankTakesImagesTogetherAndJoinsBranches() {
        let batching = MicroBatching(images: 5, tokens: 64, ranks: 1)
        #expect(batching == MicroBatching(imagesPerGroup: 5, joinsBranches: true, groupsInFlight: 1))
    }

    @Test func severalRanksTakeAGroupEachAndBranchesApart() {
        let batching = MicroBatching(images: 9, tokens: 64, ranks: 3)
        #expect(batching == MicroBatching(imagesPerGroup: 3, joinsBranches: false, groupsInFlight: 3))
    }

    @Test(arguments: [1, 2, 3, 4], [1, 64, 256, 1024, 1 << 20])
    func messageHoldsNoMoreTokensThanPay(ranks: Int, tokens: Int) {
        let batching = MicroBatching(images: 1000, tokens: tokens, ranks: ranks)
        let rows = batching.imagesPerGroup * (batching.joinsBranches ? 2 : 1)
        #expect(rows * tokens <= 4096 || batching.imagesPerGroup == 1)
        #expect(batching.groupsInFlight == ranks)
    }

    @Test(arguments: [1, 2, 3, 5])
    func noMoreImagesInFlightThanTheUserSaid(inFlight: Int) {
        for ranks in 1...4 {
            let batching = MicroBatching(images: 8, tokens: 64, ranks: ranks, inFlight: inFlight)
            #expect(batching.imagesPerGroup * batching.groupsInFlight <= inFlight)
        }
    }

    @Test(arguments: [1, 2, 3, 4])
    func oneImageIsOneGroup(ranks: Int) {
        let batching = MicroBatching(images: 1, tokens: 64, ranks: ranks)
        #expect(batching.imagesPerGroup == 1)
        #expect(batching.groupsInFlight == 1)
    }

    @Test(arguments: [(1, 1), (3, 3), (9, 5)])
    func takesAsManyImagesTogetherAsTheUserSays(wanted: Int, expected: Int) {
        let batching = MicroBatching(images: 5, tokens: 4096, ranks: 2, imagesPerGroup: wanted)
        #expect(batching.imagesPerGroup == expected)
        #expect(batching.groupsInFlight == min(2, (5 + expected - 1) / expected))
    }
}
