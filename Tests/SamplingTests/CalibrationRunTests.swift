import CachePlanning
import Checkpoints
import Schedulers
import TestSupport
import Testing
import Transport

@testable import Sampling

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
        // Four trajectories, and two probes of each of them.
        #expect(calibration.run.images.map(\.label) == [2, 5, 11, 17, 2, 5, 11, 17, 2, 5, 11, 17])
        let seeds = (0..<12).map { Calibration.firstSeed + UInt64($0 % 4) }
        #expect(calibration.run.images.map(\.seed) == seeds)
        #expect(calibration.run.plan.mask == .allComputed(steps: 4))
        #expect(calibration.run.guidance == 3)
    }

    /// Seeds that differ in their high 32 bits alone draw the same noise, so it is noise that is compared.
    @Test func calibrationStartsFromNoiseOfItsOwn() {
        func noise(_ seed: UInt64) -> [Float] {
            var generator = TorchGenerator(seed: seed)
            return generator.normals(16)
        }
        let trajectories = 40
        let calibrated = Set((0..<trajectories).map { noise(Calibration.firstSeed + UInt64($0)) })
        #expect(calibrated.count == trajectories)
        for first in [0, 1 << 32, 1 << 40, 3_000_001] as [UInt64] {
            #expect(calibrated.isDisjoint(with: (0..<1000).map { noise(first + $0) }))
            #expect(!Calibration.sharesNoise(first: first, count: 1000, trajectories: trajectories))
        }
        for high in [0, 1 << 32, 1 << 40] as [UInt64] {
            let low = UInt64(UInt32(truncatingIfNeeded: Calibration.firstSeed))
            for offset in [0, 7, 39] as [UInt64] {
                #expect(calibrated.contains(noise(high + low + offset)))
                #expect(
                    Calibration.sharesNoise(first: high + low + offset, count: 1, trajectories: trajectories))
            }
            #expect(Calibration.sharesNoise(first: high + low - 9, count: 10, trajectories: trajectories))
            #expect(!Calibration.sharesNoise(first: high + low - 9, count: 9, trajectories: trajectories))
            #expect(!Calibration.sharesNoise(first: high + low + 40, count: 9, trajectories: trajectories))
        }
    }

    @Test(arguments: [(1, 2, 0), (2, 2, 4), (8, 2, 4), (50, 8, 16), (5, 8, 16)])
    func probesAreSpreadOverTheSteps(steps: Int, trajectories: Int, count: Int) {
        let probed = Calibration.probedSteps(steps: steps, trajectories: trajectories)
        #expect(
            probed.count == count && Set(probed).count == min(count, steps - 1)
                && probed == probed.sorted())
        #expect(probed.allSatisfy { (1..<steps).contains($0) })
    }

    /// What the model makes of an error differs from what the scheduler alone makes of it.
    @Test func probesMeasureWhatBecomesOfAnError() throws {
        let summary = try TestModel().calibrateAlone(trajectories: 4)
        let scheduler = try makeScheduler(.unclipped(.ddim), steps: PlanCase.steps)
        let shares = zip(summary.endGains, scheduler.endGains()).map { $0 / $1 }
        #expect(shares.allSatisfy { $0 > 0.2 && $0 < 5 })
        #expect(shares.contains { abs($0 - 1) > 1e-3 })
    }

    private func plan(_ calibration: CalibrationSummary) throws -> CachePlan {
        try CachePlan.make(
            policy: .planned, rules: SelectionRules(preset: .slow), for: .tiny(steps: PlanCase.steps),
            calibration: calibration, seed: Calibration.firstSeed)
    }
}
