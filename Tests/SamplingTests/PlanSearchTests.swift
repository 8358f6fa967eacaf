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

/// A search by drawing takes what ends nearest, on any number of ranks, and counts what it draws.
@Suite(.serialized)
struct PlanSearchTests {
    private static let trajectories = 3
    private static let masks = ["CCRRCCRRC", "CCRCRCRCC", "CCCCCRRRC", "CCRCCCCCC"]

    private func calibration(_ model: TestModel, _ cut: Partition) throws -> Calibration {
        try Calibration(
            trajectories: Self.trajectories, classes: Array(0..<model.configuration.classes),
            subject: .tiny(steps: 9), scheduler: .unclipped(.ddim), partition: cut,
            model: model.configuration)
    }

    private func trace(_ communicator: any Communicator) -> TraceRecorder {
        TraceRecorder(rank: communicator.rank, hostName: communicator.hostName, stepCount: 9)
    }

    /// Plans of whole steps and of modules: those beside which a search would be one-sided.
    private func plans(_ model: TestModel) throws -> [CachePlan] {
        let modules: [any ModulePolicy] = [
            FORAPolicy(interval: 2), TaylorSeerPolicy(interval: 2, order: 2), GOCPolicy(interval: 3),
            DeltaDiTPolicy(interval: 2),
        ]
        return try Self.masks.map { try .of($0) }
            + modules.map {
                try CachePlan.make(policy: $0, blocks: model.configuration.blocks, for: .tiny(steps: 9))
            }
    }

    /// Drawn as any image is, each plan's error by itself.
    @Test func takesThePlanThatEndsNearest() throws {
        let model = try TestModel()
        let whole = try Partition(balanced: model.configuration.blocks, over: 1)
        let calibration = try calibration(model, whole)
        let plans = try plans(model)
        func latents(_ plan: CachePlan) throws -> [[Float]] {
            var run = try model.run(plan, images: Array(calibration.run.images.prefix(Self.trajectories)))
            run.scheduler = calibration.run.scheduler
            return try model.drawAlone(run).latents.map { $0.map { Float(bitPattern: $0) } }
        }
        let uncached = try latents(calibration.run.plan)
        let distances = try plans.map { plan in
            let errors = zip(try latents(plan), uncached).map { own, other in
                let error = zip(own, other).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) }
                return log((error / other.reduce(0.0) { $0 + pow(Double($1), 2) }).squareRoot())
            }
            return errors.reduce(0, +) / Double(errors.count)
        }
        let nearest = try #require(distances.indices.min { distances[$0] < distances[$1] })
        #expect(Set(distances).count == plans.count)
        // Wherever it stands among them.
        for turn in [0, 3] {
            let turned = Array(plans[turn...] + plans[..<turn])
            let found = try calibration.nearest(
                of: turned, stage: model.stage(whole, rank: 0), communicator: SingleRank(),
                trace: trace(SingleRank()))
            #expect(found.plan == plans[nearest])
            #expect(abs(found.distance - distances[nearest]) < 1e-9)
        }
    }

    @Test func findsTheSameOnAnyNumberOfRanks() throws {
        let model = try TestModel()
        let plans = try plans(model)
        @Sendable func find(_ communicator: any Communicator) throws -> FoundPlan {
            let cut = try Partition(balanced: model.configuration.blocks, over: communicator.size)
            return try calibration(model, cut).nearest(
                of: plans, stage: model.stage(cut, rank: communicator.rank), communicator: communicator,
                trace: trace(communicator))
        }
        let alone = try find(SingleRank())
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let found = try find(communicator)
            try check(
                found.plan == alone.plan && found.distance == alone.distance, "\(communicator.size) ranks")
            if communicator.rank == 0 { try checkEqual(found.images, alone.images, "images") }
        }
    }

    /// In images of the uncached run: the reference once, then each plan by its evaluations of blocks.
    @Test func countsWhatItDraws() throws {
        let model = try TestModel()
        let whole = try Partition(balanced: model.configuration.blocks, over: 1)
        let calibration = try calibration(model, whole)
        let plans = try Self.masks.map { try CachePlan.of($0) }
        let stage = try model.stage(whole, rank: 0)
        let single = SingleRank()
        let found = try calibration.nearest(
            of: plans, stage: stage, communicator: single, trace: trace(single))
        let computed = plans.reduce(0) { $0 + $1.mask.computedSteps.count }
        #expect(abs(found.images - 3 * (1 + Double(computed) / 9)) < 1e-12)
        // A mask's forecasts: one run that computes all, and eight that compute the mask's steps.
        let forecast = try calibration.best(
            of: [plans[0], plans[1]], outputEnergies: Array(repeating: 1, count: 9), stage: stage,
            communicator: single, trace: trace(single))
        #expect(abs(forecast.images - 3 * (2 + 8 * (5 + 6) / 9)) < 1e-12)
        #expect(calibration.summaryImages == 9)
        #expect(calibration.images(drawing: 18) == 6)
    }

    /// The better of two masks, each with its best forecast, whichever comes first.
    @Test func takesTheMaskWhoseForecastEndsNearest() throws {
        let model = try TestModel()
        let whole = try Partition(balanced: model.configuration.blocks, over: 1)
        let calibration = try calibration(model, whole)
        let stage = try model.stage(whole, rank: 0)
        let single = SingleRank()
        func best(_ masks: [String]) throws -> FoundPlan {
            try calibration.best(
                of: masks.map { try CachePlan.of($0) }, outputEnergies: Array(repeating: 1, count: 9),
                stage: stage, communicator: single, trace: trace(single))
        }
        let each = try Self.masks.map { try best([$0]) }
        let nearest = try #require(each.min { $0.distance < $1.distance })
        #expect(Set(each.map(\.distance)).count == each.count)
        for masks in [Self.masks, Self.masks.reversed()] {
            let found = try best(masks)
            #expect(found.plan == nearest.plan && found.distance == nearest.distance)
        }
    }

    /// A threshold's search counts its runs by what was decided in them.
    @Test func countsRunsOfThresholds() throws {
        let model = try TestModel()
        let whole = try Partition(balanced: model.configuration.blocks, over: 1)
        var runs = 0
        let found = try calibration(model, whole).rule(
            of: EasyCachePolicy(), computing: 6, stage: model.stage(whole, rank: 0),
            communicator: SingleRank(),
            trace: trace(SingleRank())
        ) { runs = $0 }
        #expect(runs > 1)
        // The first computes all; no later one computes less than the rule's first steps and the last.
        #expect(found.images >= 3 * (1 + Double(runs - 1) * 3 / 9))
        #expect(found.images <= Double(3 * runs))
    }
}
