import CachePlanning
import Checkpoints
import Engines
import Files
import Foundation
import Models
import Sampling
import Schedulers
import TestSupport
import Testing
import Transport

/// Runs of a U-ViT as its converter writes it, from Tests/Goldens/sampling/uvit.
@Suite(.serialized)
struct UViTRunTests {
    struct Sample: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let steps: Int
        let guidance: Double
        let firstSeed: UInt64
        let classes: [Int]
        let final: [Float]

        var testDescription: String { name }

        static func all() throws -> [Sample] {
            struct File: Decodable { let cases: [Sample] }
            return try JSONDecoder().decode(
                File.self, from: Data(TestModel.tree.bytes(of: "uvit/samples.json"))
            ).cases
        }
    }

    private func run(_ plan: CachePlan, _ model: TestModel, guidance: Double = 0.4) throws -> RunDescription {
        var run = try model.run(
            plan, guidance: guidance, scheduler: try TestModel.uvitFolder().scheduler)
        run.guidance = model.configuration.guidance(scale: guidance)
        return run
    }

    private func check(_ run: RunDescription, _ model: TestModel, _ what: String) throws {
        let expected = try model.drawAlone(run)
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            try model.check(run.over(communicator.size), on: communicator, equals: expected, what)
        }
    }

    /// Guidance goes beyond the conditional, and times are counted from 1.
    @Test(arguments: try Sample.all(), EngineCase.available)
    func latentsAreThoseOfThePublishedFormulas(_ sample: Sample, _ engine: EngineCase) throws {
        var model = try TestModel.uvit()
        model.engine = engine
        var run = try run(
            .of(.allComputed(steps: sample.steps), .none), model, guidance: sample.guidance)
        run.images = sample.classes.enumerated().map {
            ImageRequest(label: $1, seed: sample.firstSeed + UInt64($0))
        }
        #expect(run.guidance.branches == (sample.guidance > 0 ? 2 : 1))
        let latents = try model.drawAlone(run).latents.joined().map { Float(bitPattern: $0) }
        expectClose(latents, sample.final, relative: engine.precision == .f32 ? 1e-4 : 0.1, sample.name)
    }

    @Test(arguments: PlanCase.allCases.filter { !$0.rawValue.hasPrefix("modules") })
    func anyNumberOfRanksUnderEveryPolicyOfSteps(_ plan: PlanCase) throws {
        let model = try TestModel.uvit()
        let calibration = try model.calibrateAlone(scheduler: TestModel.uvitFolder().scheduler)
        try check(run(plan.plan(calibration), model), model, plan.rawValue)
    }

    @Test(arguments: ModulePlanTests.combinations)
    func anyNumberOfRanksUnderModulePlans(_ combination: ModuleCombination) throws {
        let model = try TestModel.uvit()
        let plan = try ModulePlanTests.ragged(combination, blocks: model.configuration.blocks)
        try check(run(.of(plan), model), model, "\(combination)")
    }

    @Test func reuseChangesWhatIsDrawn() throws {
        let model = try TestModel.uvit()
        let drawings = try ["CCCCCC", "CCRCRC", "CRRRRR"].map { try model.drawAlone(run(.of($0), model)) }
        #expect(drawings[0].latents != drawings[1].latents)
        #expect(drawings[1].latents != drawings[2].latents)
    }
}
