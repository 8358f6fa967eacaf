import Sampling
import Testing

@Suite(.serialized)
struct MicroBatchingTests {
    @Test func loneRankTakesImagesTogetherAndJoinsBranches() {
        let batching = MicroBatching(images: 5, tokens: 64, ranks: 1)
        #expect(batching == MicroBatching(imagesPerGroup: 5, joinsBranches: true, groupsInFlight: 1))
    }

    @Test(arguments: [(4, 1, 4), (5, 2, 3), (7, 2, 4), (3, 1, 3)])
    func branchesAreJoinedWhereImagesAreMoreThanRanks(images: Int, perGroup: Int, groups: Int) {
        let batching = MicroBatching(images: images, tokens: 64, ranks: 2)
        #expect(
            batching == MicroBatching(imagesPerGroup: perGroup, joinsBranches: true, groupsInFlight: groups))
    }

    @Test(arguments: [1, 2, 3])
    func branchesGoApartWhereImagesAreFew(images: Int) {
        let batching = MicroBatching(images: images, tokens: 64, ranks: 3)
        #expect(
            batching == MicroBatching(imagesPerGroup: 1, joinsBranches: false, groupsInFlight: images))
    }

    @Test(arguments: 1...4)
    func groupsAreMoreThanRanksWhereImagesAre(ranks: Int) {
        for images in ranks + 1...40 {
            let batching = MicroBatching(images: images, tokens: 256, ranks: ranks)
            #expect(ranks == 1 || batching.groupsInFlight > ranks, "\(images) images: \(batching)")
            #expect(batching.joinsBranches)
        }
    }

    @Test(arguments: [1, 2, 3, 4], [1, 64, 256, 1024, 1 << 20])
    func messageHoldsNoMoreTokensThanPay(ranks: Int, tokens: Int) {
        let batching = MicroBatching(images: 1000, tokens: tokens, ranks: ranks)
        #expect(2 * batching.imagesPerGroup * tokens <= 4096 || batching.imagesPerGroup == 1)
        #expect(batching.groupsInFlight == (ranks == 1 ? 1 : 2 * ranks))
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

    @Test(arguments: [(1, 1, 4), (2, 2, 3), (3, 3, 2), (9, 5, 1)])
    func takesAsManyImagesTogetherAsTheUserSays(wanted: Int, expected: Int, groups: Int) {
        let batching = MicroBatching(images: 5, tokens: 4096, ranks: 2, imagesPerGroup: wanted)
        #expect(batching.imagesPerGroup == expected)
        #expect(batching.groupsInFlight == groups)
    }
}
