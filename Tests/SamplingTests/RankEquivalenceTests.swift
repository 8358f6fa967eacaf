import CachePlanning
import Sampling
import Schedulers
import TestSupport
import Testing
import Transport

/// The number of ranks, and how images travel, change no bit of the result.
@Suite(.serialized)
struct RankEquivalenceTests {
    /// Ways to travel, each tried by some of the cases below and all by `howImagesTravelChangesNothing`.
    private static let batchings = [
        MicroBatching(imagesPerGroup: 1, joinsBranches: false, groupsInFlight: 3),
        MicroBatching(imagesPerGroup: 2, joinsBranches: true, groupsInFlight: 2),
        MicroBatching(imagesPerGroup: 3, joinsBranches: false, groupsInFlight: 1),
        MicroBatching(imagesPerGroup: 2, joinsBranches: false, groupsInFlight: 1),
    ]

    @Test(arguments: PlanCase.allCases)
    func anyNumberOfRanksUnderEveryPolicy(_ plan: PlanCase) throws {
        let model = try TinyModel()
        let run = try model.run(plan.plan(model.calibrateAlone()))
        let expected = try model.drawAlone(run)
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            let batching = Self.batchings[communicator.size - 1]
            try model.check(
                run.over(communicator.size, batching), on: communicator, equals: expected, plan.rawValue)
        }
    }
}
