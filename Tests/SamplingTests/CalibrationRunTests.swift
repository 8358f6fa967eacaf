import Checkpoints
import Foundation
import Models
import Schedulers
import TestSupport
import Testing
import Transport

@testable import CachePlanning
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
            scheduler: .unclipped(.ddim), partition: Partition(balanced: 5, over: 2),
            model: HourglassConfiguration())
        // Four trajectories, and two probes of each of them.
        #expect(calibration.run.images.map(\.prompt.label) == [2, 5, 11, 17, 2, 5, 11, 17, 2, 5, 11, 17])
        let seeds = (0..<12).map { Calibration.firstSeed + UInt64($0 % 4) }
        #expect(calibration.run.images.map(\.seed) == seeds)
        #expect(calibration.run.plan.mask == .allComputed(steps: 4))
        #expect(calibration.run.guidance == Guidance(scale: 3))
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

    /// A run that reuses the probed step alone ends where the probe does: its distance from the uncached end, per unit of
    /// what reuse gets wrong there, is the scheduler's gain times the share that the probe found.
    @Test func probesMeasureWhatBecomesOfAnError() throws {
        let (model, trajectories, steps) = (try TestModel(), 2, PlanCase.steps)
        let summary = try model.calibrateAlone(trajectories: trajectories)
        let calibration = try Calibration(
            trajectories: trajectories, classes: Array(0..<model.configuration.classes),
            subject: .tiny(steps: steps), scheduler: .unclipped(.ddim),
            partition: Partition(balanced: model.configuration.blocks, over: 1),
            model: model.configuration)
        func end(of trajectory: Int, _ mask: String) throws -> [Float] {
            var run = calibration.run
            run.images = [run.images[trajectory]]
            run.plan = try .of(mask)
            return try model.drawAlone(run).latents[0].map(Float.init(bitPattern:))
        }
        let gains = try makeScheduler(.unclipped(.ddim), steps: steps).endGains()
        let probed = Calibration.probedSteps(steps: steps, trajectories: trajectories)
        #expect(summary.probeCounts == (0..<steps).map { probed.contains($0) ? 1 : 0 })
        for (probe, step) in probed.enumerated() {
            let trajectory = probe % trajectories
            let letters = (0..<steps).map { $0 == step ? "R" : "C" }.joined()
            let effect = squaredDistance(
                try end(of: trajectory, letters),
                try end(of: trajectory, String(repeating: "C", count: steps)))
            let error = summary.reuseEnergiesOfEach[trajectory][step * CalibrationSummary.reach]
            let share = (effect / error).squareRoot() / gains[step]
            #expect(abs(exp(summary.probeShares[step]) / share - 1) < 1e-4, "step \(step)")
            // Not what the scheduler alone makes of an error, but at the last step, behind which no model follows.
            #expect(step == steps - 1 || abs(share - 1) > 1e-3, "step \(step): \(share)")
            #expect(step < steps - 1 || abs(share - 1) < 1e-2, "step \(step): \(share)")
        }
    }

    private func plan(_ calibration: CalibrationSummary) throws -> CachePlan {
        try CachePlan.make(
            policy: .planned, rules: SelectionRules(preset: .slow), for: .tiny(steps: PlanCase.steps),
            calibration: calibration, seed: Calibration.firstSeed)
    }
}
