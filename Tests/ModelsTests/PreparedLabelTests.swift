import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

/// Shifts, scales and gates of all steps, made before the first.
@Suite(.serialized)
struct PreparedLabelTests {
    /// More steps than are one product.
    static let times: [Double] = [900, 800, 700, 600, 500, 400, 300, 200, 100, 50, 1]

    private let golden: DiTGolden

    init() throws { golden = try DiTGolden("dit-patch2-untied-shards") }

    private func model(_ engine: String) throws -> DiT {
        try DiT(
            golden.configuration, golden.configuration.whole, weights: golden.weights,
            engine: TestEngines.make(engine))
    }

    /// The blocks' output for the golden's first image.
    private func output(_ model: DiT, _ conditioning: Conditioning) -> [Float] {
        let latent = golden.latents(golden.cases[0]).rows(0..<1)
        let layout = golden.configuration.layout
        let h = Tensor(zeros: [conditioning.images, layout.rows, layout.width])
        for image in 0..<conditioning.images {
            model.embed(latent, conditioning[image..<image + 1], into: h.rows(image..<image + 1))
        }
        model.runBlocks(h, conditioning) {}
        return h.values
    }

    @Test(arguments: TestEngines.f32 + TestEngines.bf16)
    func stepsTogetherAreTheSameAsEachAlone(engine: String) throws {
        let model = try model(engine)
        let steps = SamplingSteps(times: Self.times)
        let together = try model.conditioning(at: 0, of: steps, [1, 0])
        for (step, time) in Self.times.enumerated() {
            let alone = try output(model, model.conditioning(time, [1, 0]))
            let among = output(model, Conditioning(together.prompts, step: step))
            // A product of several rows may add up in another order than one of a single row.
            let bound = TestEngines.bf16.contains(engine) ? 0.02 : 1e-5
            expectClose(among, alone, relative: bound, "\(engine) at \(time)")
        }
    }

    @Test(arguments: TestEngines.f32 + TestEngines.bf16)
    func aLabelDoesNotDependOnOthers(engine: String) throws {
        let model = try model(engine)
        let steps = SamplingSteps(times: Self.times)
        for step in [0, 7, 8, 10] {
            let alone = try output(model, model.conditioning(at: step, of: steps, [1]))
            let joined = try output(model, model.conditioning(at: step, of: steps, [0, 1, 0]))
            #expect(Array(joined[alone.count..<2 * alone.count]) == alone)
        }
    }

    /// A reused step goes through no block.
    @Test func keepsTheStepsThatGoThroughBlocks() throws {
        let model = try model(TestEngines.f32[0])
        let (blocks, width) = (golden.configuration.blocks, golden.configuration.width)
        for through in [[0], [0, 3, 10], Array(Self.times.indices)] {
            let steps = SamplingSteps(times: Self.times, throughBlocks: through)
            let prepared = try model.prepare([PromptState(label: 2)], golden.configuration.latents, steps)
            #expect(prepared.map(\.byteCount) == [blocks * through.count * 6 * width * 4])
        }
    }
}
