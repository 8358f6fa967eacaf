import CachePlanning
import Checkpoints
import Sampling
import Schedulers
import TestSupport
import Testing
import Transport

@Suite(.serialized)
struct CalibrationRunTests {
    @Test(arguments: [1.0, 3.0], ["plain", "learned-sigma"])
    func givesTheSameSumsAndPlanOnAnyNumberOfRanks(guidance: Double, folder: String) throws {
        let model = try TestModel(folder)
        let expected = try model.calibrateAlone(guidance: guidance)
        let plan = try plan(expected)
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            let cut = try Partition(balanced: model.configuration.blocks, over: communicator.size)
            let summary = try model.calibrate(on: communicator, cut: cut, guidance: guidance)
            try check((summary != nil) == (communicator.rank == 0), "the summary belongs to rank 0 alone")
            guard let summary else { return }
            try check(summary == expected, "summary on \(communicator.size) ranks")
            try checkEqual(try self.plan(summary).json(), plan.json(), "plan's text")
        }
    }

    @Test func looksAtEveryTrajectory() throws {
        let model = try TestModel()
        let one = try model.calibrateAlone(trajectories: 1)
        let two = try model.calibrateAlone(trajectories: 2)
        #expect(one.trajectories == 1)
        #expect(two.trajectories == 2)
        #expect(one.meanOutputChange != two.meanOutputChange)
    }

    @Test func measuresANoisySchedulersDeterministicPath() throws {
        let model = try TestModel()
        let quiet = try model.calibrateAlone(scheduler: .unclipped(.ddim))
        #expect(try model.calibrateAlone(scheduler: .unclipped(.ddim, eta: 0.9)) == quiet)
        #expect(try model.calibrateAlone(scheduler: .unclipped(.ddpm)) == quiet)
        #expect(try model.calibrateAlone(scheduler: .unclipped(.dpmSolverPlusPlus)) != quiet)
    }

    @Test func spreadsTrajectoriesOverClassesWithSeedsOfItsOwn() throws {
        let calibration = try Calibration(
            trajectories: 4, classes: [2, 3, 5, 7, 11, 13, 17, 19], subject: .tiny(steps: 4),
            scheduler: .unclipped(.ddim), partition: Partition(balanced: 5, over: 2), tokens: 9)
        #expect(calibration.run.images.map(\.label) == [2, 5, 11, 17])
        #expect(calibration.run.images.map(\.seed) == (0..<4).map { Calibration.firstSeed + $0 })
        #expect(calibration.run.plan.mask == .allComputed(steps: 4))
        #expect(calibration.run.guidance == 3)
    }

    private func plan(_ calibration: CalibrationSummary) throws -> CachePlan {
        try CachePlan.make(
            policy: .omnicache, rules: SelectionRules(preset: .slow), for: .tiny(steps: PlanCase.steps),
            calibration: calibration, seed: Calibration.firstSeed)
    }
}
