import CachePlanning
import Checkpoints
import Foundation
import Models
import RunTrace
import Schedulers
import TestSupport
import Testing
import Transport

@testable import Sampling

/// How a plan is seen to stand beside plain samplers of equal cost.
@Suite(.serialized)
struct PlanComparisonTests {
    private let model: TestModel

    init() throws { model = try TestModel() }

    private func calibration(_ cut: Partition, steps: Int) throws -> Calibration {
        try Calibration(
            trajectories: 3, classes: Array(0..<model.configuration.classes), subject: .tiny(steps: steps),
            scheduler: .unclipped(.ddim), partition: cut, model: model.configuration)
    }

    private func compare(
        _ plan: CachePlan, on communicator: any Communicator, progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> PlanComparison? {
        let cut = try Partition(balanced: model.configuration.blocks, over: communicator.size)
        return try calibration(cut, steps: plan.steps).comparison(
            of: plan, stage: model.stage(cut, rank: communicator.rank), communicator: communicator,
            trace: TraceRecorder(
                rank: communicator.rank, hostName: communicator.hostName, stepCount: plan.steps),
            progress: progress)
    }

    /// Against the same images drawn one way after another, as a sampling run draws them.
    @Test(arguments: ["CCRCRRCRC", "CCRRCRRCRRCCC"])
    func measuresWhereImagesEnd(mask: String) throws {
        let plan = try CachePlan.of(mask)
        let whole = try Partition(balanced: model.configuration.blocks, over: 1)
        let images = Array(try calibration(whole, steps: plan.steps).run.images.prefix(3))
        func ends(
            _ mask: String, _ scheduler: SchedulerConfiguration = .unclipped(.ddim)
        ) throws -> [[Float]] {
            try model.drawAlone(model.run(.of(mask), images: images, scheduler: scheduler)).latents
                .map { $0.map(Float.init(bitPattern:)) }
        }
        func distance(_ a: [[Float]], _ b: [[Float]]) -> Double {
            zip(a, b).reduce(0) { sum, pair in
                let error = zip(pair.0, pair.1).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }
                return sum + log(error / pair.1.reduce(0) { $0 + pow(Double($1), 2) }) / 2
            } / Double(a.count)
        }
        let uncached = try ends(String(repeating: "C", count: plan.steps))
        let computed = mask.count { $0 == "C" }
        var plain: [(SchedulerConfiguration, Double)] = []
        for kind in [SchedulerConfiguration.Kind.ddim, .dpmSolverPlusPlus] {
            for spacing in SchedulerConfiguration.Spacing.allCases {
                var scheduler = SchedulerConfiguration.unclipped(kind)
                scheduler.spacing = spacing
                let ends = try ends(String(repeating: "C", count: computed), scheduler)
                plain.append((scheduler, distance(ends, uncached)))
            }
        }
        let best = try #require(plain.min { $0.1 < $1.1 })
        var progress: [Int] = []
        let seen = try compare(plan, on: SingleRank()) { done, all in
            progress.append(done)
            #expect(all == plan.steps + 7 * computed)
        }
        let found = try #require(seen)
        #expect(progress == (0...7).map { plan.steps + $0 * computed })
        #expect(abs(found.plan - distance(try ends(mask), uncached)) < 1e-3)
        #expect(abs(found.plain - best.1) < 1e-3)
        #expect(found.plainSteps == computed && found.plainScheduler.spacing == best.0.spacing)
        #expect(found.plainScheduler.kind == best.0.kind)
        #expect(abs(found.planDecibels + 20 * log10(exp(found.plan))) < 1e-9)
    }

    @Test func isTheSameOnAnyNumberOfRanks() throws {
        let plan = try CachePlan.of("CCRCRRCRC", .shadow, gamma: 0.5)
        let alone = try #require(try compare(plan, on: SingleRank()))
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            try check(compare(plan, on: communicator) == alone, "\(communicator.size) ranks see it otherwise")
        }
    }

    @Test func ofAPlanThatSavesNothingIsNone() throws {
        #expect(try compare(.of("CCCC"), on: SingleRank()) == nil)
    }

    @Test(arguments: [(-3.0, -2.0, false), (-2, -3, true), (-2, -2, false)])
    func aPlanThatEndsFartherIsBehind(_ plan: Double, _ plain: Double, _ isBehind: Bool) {
        let comparison = PlanComparison(
            plan: plan, plain: plain, plainSteps: 4, plainScheduler: .unclipped(.ddim))
        #expect(comparison.isBehind == isBehind)
    }

    @Test func aStepTakesTimeOnEveryNumberOfRanks() throws {
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let cut = try Partition(balanced: model.configuration.blocks, over: communicator.size)
            let seconds = try calibration(cut, steps: 5).secondsPerStep(
                stage: model.stage(cut, rank: communicator.rank), communicator: communicator,
                trace: TraceRecorder(
                    rank: communicator.rank, hostName: communicator.hostName, stepCount: 5))
            try check(seconds > 0 && seconds.isFinite, "\(seconds) s")
        }
    }
}
