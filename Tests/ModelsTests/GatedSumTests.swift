import CachePlanning
import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

/// What modules add under the gates of another step, summed up beside the blocks.
@Suite(.serialized)
struct GatedSumTests {
    private let golden: DiTGolden

    init() throws { golden = try DiTGolden("dit-patch2-untied-shards") }

    private func model(_ engine: String, blocks: Range<Int>? = nil) throws -> DiT {
        try DiT(
            golden.configuration,
            ModelShare(blocks: blocks ?? 0..<golden.configuration.blocks, embeds: true, predicts: true),
            weights: golden.weights, engine: TestEngines.make(engine))
    }

    private func embedded(_ model: DiT) throws -> Tensor {
        let latents = golden.latents(golden.cases[0]).rows(0..<2)
        let h = Tensor(zeros: [2, golden.configuration.tokens, golden.configuration.width])
        model.embed(latents, try model.conditioning(0, [0, 1]), into: h)
        return h
    }

    /// Under its own gates, a step's modules add what the blocks add.
    @Test(arguments: TestEngines.f32 + TestEngines.bf16)
    func underTheSameGatesItIsTheResidual(engine: String) throws {
        let model = try model(engine)
        let h = try embedded(model)
        let before = h.values
        let conditioning = try model.conditioning(700, [1, 2])
        let sum = Tensor(zeros: h.shape)
        model.runBlocks(h, conditioning, .summing([GatedSum(conditioning, sum)])) {}
        expectClose(sum.values, zip(h.values, before).map { $0 - $1 }, relative: 1e-5, engine)
    }

    /// What a reused step of a module plan adds to a hidden state, block by block, under the gates of that step.
    @Test(arguments: TestEngines.f32 + TestEngines.bf16)
    func underOtherGatesItIsWhatCachesAdd(engine: String) throws {
        let model = try model(engine)
        let plan = try ModulePlan(.reuse, allBlocks: [true, false], blocks: model.configuration.blocks)
        let cache = model.makeCache(
            for: plan, images: 2, golden.configuration.layout, try TestEngines.make(engine))
        let computed = try model.conditioning(700, [1, 2])
        let reused = try model.conditioning(300, [1, 2])
        model.runBlocks(try embedded(model), computed, .caching(cache.at(0))) {}
        let h = try embedded(model)
        let before = h.values
        model.runBlocks(h, reused, .caching(cache.at(1))) {}
        let added = zip(h.values, before).map { $0 - $1 }

        let plain = try embedded(model)
        model.runBlocks(plain, computed) {}
        let watched = try embedded(model)
        let sums = (0..<2).map { _ in Tensor(zeros: h.shape) }
        model.runBlocks(
            watched, computed, .summing([GatedSum(reused, sums[0]), GatedSum(computed, sums[1])])
        ) {}
        #expect(watched.values == plain.values, "sums change nothing of the step itself")
        expectClose(sums[0].values, added, relative: 1e-5, engine)
        #expect(sums[0].values != sums[1].values)
    }

    /// Cut in two, the second stage adds to what the first has summed up: the same bits.
    @Test(arguments: TestEngines.f32)
    func goesOnFromStageToStage(engine: String) throws {
        let whole = try model(engine)
        let middle = golden.configuration.blocks / 2
        let stages = [
            try model(engine, blocks: 0..<middle),
            try model(engine, blocks: middle..<golden.configuration.blocks),
        ]
        func sum(_ models: [DiT]) throws -> [Float] {
            let h = try embedded(whole)
            let sum = Tensor(zeros: h.shape)
            for model in models {
                model.runBlocks(
                    h, try model.conditioning(700, [0, 1]),
                    .summing([GatedSum(try model.conditioning(500, [0, 1]), sum)])
                ) {}
            }
            return sum.values
        }
        #expect(try sum(stages) == sum([whole]))
    }
}

extension BlockPass {
    static func summing(_ sums: [GatedSum]) -> BlockPass {
        var pass = BlockPass()
        pass.sums = sums
        return pass
    }

    static func caching(_ modules: ModuleCache.Step) -> BlockPass {
        var pass = BlockPass()
        pass.modules = modules
        return pass
    }
}
