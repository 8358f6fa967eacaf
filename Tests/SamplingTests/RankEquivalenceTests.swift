import CachePlanning
import Checkpoints
import Models
import Sampling
import Schedulers
import TestSupport
import Testing
import Transport

/// The number of ranks, how blocks are cut and how images travel change no bit of the result.
@Suite(.serialized)
struct RankEquivalenceTests {
    enum SchedulerCase: String, CaseIterable, Sendable {
        case ddim, noisyDDIM, ddpm, learnedDDPM, dpmSolver
        /// Shows the model another sample than it steps from.
        case euler
        /// Carries three arrays along a flow.
        case uniPC
        /// Starts without signal, and draws noise.
        case stochasticFlow

        var configuration: SchedulerConfiguration {
            switch self {
            case .ddim: .unclipped(.ddim)
            case .noisyDDIM: .unclipped(.ddim, eta: 0.7)
            case .ddpm: .unclipped(.ddpm)
            case .learnedDDPM: .unclipped(.ddpm, variance: .learnedRange)
            case .dpmSolver: .unclipped(.dpmSolverPlusPlus)
            case .euler: .unclipped(.euler)
            case .uniPC: .flow(.uniPC)
            case .stochasticFlow: .flow(.flowMatchEuler, isStochastic: true)
            }
        }

        var folder: String { self == .learnedDDPM ? TestModel.learnedSigma : TestModel.plain }
    }

    @Test(arguments: PlanCase.allCases)
    func anyNumberOfRanksUnderEveryPolicy(_ plan: PlanCase) throws {
        let model = try TestModel()
        let run = try model.run(plan.plan(model.calibrateAlone()))
        let expected = try model.drawAlone(run)
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            try model.check(run.over(communicator.size), on: communicator, equals: expected, plan.rawValue)
        }
    }

    @Test(arguments: SchedulerCase.allCases, [1.0, 3.0])
    func anyNumberOfRanksWithEveryScheduler(_ scheduler: SchedulerCase, guidance: Double) throws {
        let model = try TestModel(scheduler.folder)
        let run = try model.run(
            .of("CCRRCRCC", .shadow, gamma: 0.4, filtered: true), guidance: guidance,
            scheduler: scheduler.configuration)
        let expected = try model.drawAlone(run)
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            try model.check(
                run.over(communicator.size), on: communicator, equals: expected, scheduler.rawValue)
        }
    }

    @Test(arguments: SchedulerCase.allCases)
    func threeRanksUnderEveryPolicyWithEveryScheduler(_ scheduler: SchedulerCase) throws {
        let model = try TestModel(scheduler.folder)
        let calibration = try model.calibrateAlone(scheduler: scheduler.configuration)
        for plan in PlanCase.allCases {
            let run = try model.run(
                plan.plan(calibration), images: Array(TestModel.threeImages[..<2]),
                scheduler: scheduler.configuration)
            let expected = try model.drawAlone(run)
            try forEachCluster(ranks: [3]) { communicator in
                try model.check(
                    run.over(3), on: communicator, equals: expected, "\(plan), \(scheduler)")
            }
        }
    }

    @Test(arguments: [1, 2, 3], [true, false])
    func howImagesTravelChangesNothing(imagesPerGroup: Int, joinsBranches: Bool) throws {
        let model = try TestModel()
        let run = try model.run(.of("CCRCRRC", .previousOutput, gamma: 0.3))
        let expected = try model.drawAlone(run)
        for groupsInFlight in 1...3 {
            let batching = MicroBatching(
                imagesPerGroup: imagesPerGroup, joinsBranches: joinsBranches, groupsInFlight: groupsInFlight)
            try forEachCluster(ranks: [2, 3]) { communicator in
                try model.check(
                    run.over(communicator.size, batching), on: communicator, equals: expected, "batching")
            }
        }
    }

    @Test(arguments: [[1, 4], [4, 1], [1, 3, 1], [3, 1, 1], [1, 1, 3], [2, 1, 1, 1], [1, 1, 1, 1, 1]])
    func unevenPartitionsChangeNothing(_ blockCounts: [Int]) throws {
        let model = try TestModel()
        var run = try model.run(.of("CRCRRCC", .shadow, gamma: 0.3))
        let expected = try model.drawAlone(run)
        run.partition = try Partition(
            blockCounts, blocks: model.configuration.blocks, ranks: blockCounts.count)
        let cut = run
        try forEachCluster(ranks: [blockCounts.count]) { communicator in
            try model.check(cut, on: communicator, equals: expected, "partition")
        }
    }

    @Test func moreGroupsThanTravelAtOnce() throws {
        let model = try TestModel()
        let images = (0..<7).map { ImageRequest(label: $0 % 4, seed: UInt64($0)) }
        let run = try model.run(.of("CCRCRC"), images: images)
        let expected = try model.drawAlone(run)
        let batching = MicroBatching(imagesPerGroup: 2, joinsBranches: false, groupsInFlight: 2)
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            try model.check(
                run.over(communicator.size, batching), on: communicator, equals: expected, "7 images")
        }
    }

    @Test(arguments: ["C", "CR", "CRRRR"])
    func oneComputedStep(_ mask: String) throws {
        let model = try TestModel()
        let run = try model.run(.of(mask))
        let expected = try model.drawAlone(run)
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            try model.check(run.over(communicator.size), on: communicator, equals: expected, mask)
        }
    }

    @Test(arguments: PlanCase.allCases)
    func imageDoesNotDependOnItsCompanions(_ plan: PlanCase) throws {
        let model = try TestModel()
        let together = try model.run(
            plan.plan(model.calibrateAlone()), scheduler: .unclipped(.ddim, eta: 0.7))
        try forEachCluster(ranks: [1, 3]) { communicator in
            let batching = MicroBatching(imagesPerGroup: 3, joinsBranches: true, groupsInFlight: 1)
            let all = try model.draw(together.over(communicator.size, batching), on: communicator)
            for image in together.images.indices {
                var alone = together
                alone.images = [together.images[image]]
                guard let one = try model.draw(alone.over(communicator.size, batching), on: communicator)
                else { continue }
                try check(one.latents[0] == all?.latents[image], "\(plan): image \(image) alone")
            }
            if let all { try check(all.latents[0] != all.latents[1], "different images are equal") }
        }
    }
}
