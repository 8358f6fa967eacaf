import CachePlanning
import Checkpoints
import Engines
import Failures
import Sampling
import Schedulers
import TestSupport
import Testing
import Transport

/// NaN in a checkpoint is found at the first step, and ends every rank.
@Suite(.serialized)
struct BrokenWeightsTests {
    private static let notANumber: UInt16 = 0x7e00

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "transformer_blocks.3.attn1.to_v.weight", "transformer_blocks.0.ff.net.2.bias",
            "transformer_blocks.4.norm1.linear.weight", "pos_embed.proj.bias", "proj_out_2.weight",
        ], [1, 2, 3])
    func numberThatIsNoneIsFoundAtTheFirstStep(_ tensor: String, ranks: Int) throws {
        let model = try TestModel(editing: { try $0.fill(tensor, with: Self.notANumber, at: [0]) })
        let run = try model.run(.of("CCRC")).over(ranks)
        let host = SingleRank().hostName
        for mode in [LoopbackCluster.SendMode.buffered, .synchronous] {
            do {
                // It returns only once every rank has ended.
                _ = try LoopbackCluster(ranks: ranks, sendMode: mode).run { communicator in
                    _ = try model.draw(run, on: communicator)
                }
                Issue.record("\(tensor) with NaN was not found")
            } catch let error as SamplingError {
                #expect(error.failureKind == .invalidInput)
                #expect(
                    error.description.hasPrefix(
                        "rank \(ranks - 1) on \(host): the model's output for image 0 is not finite at step 0: "
                            + "the weights hold NaN or infinite numbers"))
            }
        }
    }

    /// Only the variance's channels: the noise is sound, but the step that takes both is not.
    @Test func learnedVarianceThatIsNoNumberIsFoundToo() throws {
        let model = try TestModel(
            TestModel.learnedSigma,
            editing: { file in
                // Ordered by row, column and channel of a patch: the noise's, the variance's, …
                try file.fill("proj_out_2.bias", with: Self.notANumber, at: [1])
            })
        let run = try model.run(.of("C"), scheduler: .unclipped(.ddpm, variance: .learnedRange))
        #expect(throws: SamplingError.self) { try model.drawAlone(run) }
        // A scheduler that drops the variance does not care.
        _ = try model.drawAlone(model.run(.of("C")))
    }

    @Test func calibrationFindsItToo() throws {
        let model = try TestModel(editing: {
            try $0.fill("transformer_blocks.1.ff.net.2.bias", with: Self.notANumber)
        })
        #expect(throws: SamplingError.self) { try model.calibrateAlone() }
    }

    /// Computed steps are sound here; a correction beyond f32, which no plan file may hold, spoils what is reused.
    @Test func reusedStepThatIsNoNumberIsFoundAtThatStep() throws {
        let model = try TestModel()
        let run = try model.run(.of("CCRC", .shadow, gamma: 1e300))
        let error = #expect(throws: SamplingError.self) { try model.drawAlone(run) }
        #expect(error?.description.contains("image 0 is not finite at step 2:") == true)
    }

    @Test(arguments: EngineCase.available)
    func advisesOnlyWhatMayHelp(_ engine: EngineCase) throws {
        var model = try TestModel(editing: {
            try $0.fill("proj_out_2.weight", with: Self.notANumber, at: [0])
        })
        model.engine = engine
        let broken = model
        let error = #expect(throws: SamplingError.self) { try broken.drawAlone(broken.run(.of("CC"))) }
        #expect(error?.description.hasSuffix("check the checkpoint") == (engine.precision == .f32))
        #expect(error?.description.contains("--precision f32") == (engine.precision != .f32))
    }
}
