import CachePlanning
import Checkpoints
import Models
import RunTrace
import Sampling
import Schedulers
import TestSupport
import Testing
import Transport

/// What calibration sees of modules, and SmoothCache's masks of it.
@Suite(.serialized)
struct ModuleChangesTests {
    private func calibrate(
        _ model: TestModel, on communicator: any Communicator, guidance: Double = 3
    ) throws -> ModuleChanges? {
        let steps = ModulePlanTests.steps
        let cut = try Partition(balanced: model.configuration.blocks, over: communicator.size)
        let calibration = try Calibration(
            trajectories: 3, classes: Array(0..<model.configuration.classes),
            subject: .tiny(steps: steps, guidance: guidance), scheduler: .unclipped(.ddim), partition: cut,
            model: model.configuration)
        return try calibration.moduleChanges(
            stage: model.stage(cut, rank: communicator.rank), communicator: communicator,
            trace: TraceRecorder(
                rank: communicator.rank, hostName: communicator.hostName, stepCount: steps))
    }

    @Test(arguments: [1.0, 3.0]) func areTheSameBitsOnAnyNumberOfRanks(_ guidance: Double) throws {
        let model = try TestModel()
        let alone = try calibrate(model, on: SingleRank(), guidance: guidance)
        let expected = try #require(alone)
        #expect(expected.blocks == model.configuration.blocks)
        #expect(expected.mean(.attention, at: 3, lag: 1) > 0 && expected.mean(.mlp, at: 0, lag: 1) == 0)
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let changes = try calibrate(model, on: communicator, guidance: guidance)
            if communicator.rank == 0 {
                try check(changes == expected, "\(communicator.size) ranks see other changes")
            }
        }
    }

    @Test func smoothCacheLetsThroughWhatItIsToldTo() throws {
        let model = try TestModel()
        let alone = try calibrate(model, on: SingleRank())
        let changes = try #require(alone)
        let none = try model.plan(SmoothCachePolicy(threshold: 0), changes: changes)
        #expect(none.mask.reusedCount == 0 && none.calibration.trajectories == 3)
        let all = try model.plan(SmoothCachePolicy(threshold: 1e9), changes: changes)
        #expect(all.mask.computed == "CRRRCRRC".map { $0 == "C" })
        #expect(throws: PlanError.self) { try model.plan(SmoothCachePolicy()) }
        let drawing = try model.drawAlone(model.run(none))
        #expect(try drawing == model.drawAlone(model.run(.of(String(repeating: "C", count: 8)))))
        #expect(try drawing != model.drawAlone(model.run(all)))
    }

    @Test func smoothCacheWeighsEachKindOfModule() throws {
        var changes = ModuleChanges(steps: 6, blocks: 1, rows: 1, trajectories: 1)
        for step in 1..<6 {
            changes.add(step == 2 ? 0.1 : 0.5, .attention, block: 0, step: step, lag: 1)
            changes.add(0.5, .mlp, block: 0, step: step, lag: 1)
            for lag in 2...3 {
                changes.add(step == 4 && lag == 3 ? 0.1 : 0.5, .mlp, block: 0, step: step, lag: lag)
                changes.add(0.5, .attention, block: 0, step: step, lag: lag)
            }
        }
        let modules = try SmoothCachePolicy(threshold: 0.2).modules(steps: 6, blocks: 1, changes: changes)
        #expect(modules.attention.map { $0[0] } == [true, true, false, true, true, true])
        #expect(modules.mlp.map { $0[0] } == [true, true, false, false, false, true])
    }
}
