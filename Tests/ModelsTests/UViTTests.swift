import CachePlanning
import Checkpoints
import Engines
import Tensors
import TestSupport
import Testing

@testable import Models

@Suite(.serialized)
struct UViTTests {
    @Test(arguments: UViTGolden.folders, TestEngines.f32)
    func computesThePublishedFormulas(folder: String, engine: String) throws {
        let golden = try UViTGolden(folder)
        let model = try whole(golden, engine)
        for item in golden.cases {
            let output = try forward(model, golden.latents(item), item.timestep, item.labels)
            expectClose(output.values, item.output, relative: 1e-5, "\(folder) at \(item.timestep)")
        }
    }

    /// The bound: a bf16 number is off by up to 2⁻⁹ = 0.002, and a few layers add up to several of that.
    @Test(arguments: UViTGolden.folders, TestEngines.bf16)
    func computesThemNearlyInBF16(folder: String, engine: String) throws {
        let golden = try UViTGolden(folder)
        let model = try whole(golden, engine)
        for item in golden.cases {
            let output = try forward(model, golden.latents(item), item.timestep, item.labels)
            expectClose(output.values, item.output, relative: 0.03, "\(folder) at \(item.timestep)")
        }
    }

    @Test(arguments: TestEngines.f32 + TestEngines.bf16)
    func imageDoesNotDependOnItsCompanions(engine: String) throws {
        let golden = try UViTGolden("uvit-patch2-conv-bf16")
        let item = golden.cases[0]
        let model = try whole(golden, engine)
        let alone = golden.latents(item).rows(0..<1)
        let single = try forward(model, alone, item.timestep, [item.labels[0]])
        let three = Tensor(zeros: [3] + alone.shape.dropFirst())
        for image in 0..<3 { three[image].copy(from: alone[0]) }
        three[0].assign(alone.values.map { 3 * $0 })
        let joined = try forward(model, three, item.timestep, [0, item.labels[0], 2])
        #expect(joined[1].values == single[0].values)
        #expect(joined[0].values != single[0].values)
        #expect(joined[2].values != single[0].values)
    }

    @Test(arguments: TestEngines.f32 + TestEngines.bf16)
    func stagesTogetherAreTheWholeModel(engine: String) throws {
        let golden = try UViTGolden("uvit-patch1-f32")
        let item = golden.cases[0]
        let whole = try self.whole(golden, engine)
        let expected = try forward(whole, golden.latents(item), item.timestep, item.labels)
        for isShared in [false, true] {
            var skips: [Int: Tensor] = [:]
            let rows = rows(of: golden, images: item.labels.count)
            let output = Tensor(zeros: expected.shape)
            for block in 0..<golden.configuration.blocks {
                let isTail = block == golden.configuration.blocks - 1
                let share = ModelShare(blocks: block..<block + 1, embeds: block == 0, predicts: isTail)
                let stage = isShared ? whole.part(share) : try model(golden, share, engine)
                // Leaves nothing behind that changes a number.
                try stage.warmUp()
                let conditioning = try stage.conditioning(item.timestep, item.labels)
                if block == 0 { stage.embed(golden.latents(item), conditioning, into: rows) }
                var pass = BlockPass()
                pass.skips = skips
                if golden.configuration.longSkips.contains(where: { $0.from == block }) {
                    pass.skips[block] = Tensor(zeros: rows.shape)
                }
                stage.runBlocks(rows, conditioning, pass) {}
                skips = pass.skips
                if isTail { stage.predict(kept(rows, golden), conditioning, into: output) }
            }
            #expect(output.values == expected.values)
        }
    }

    /// What stands before the patches is not kept, so that a reused step needs neither class nor time.
    @Test func embedsThePatchesAlikeAloneAndBesideTheRest() throws {
        let golden = try UViTGolden("uvit-patch1-f32")
        let item = golden.cases[0]
        let model = try whole(golden, "openblas")
        let conditioning = try model.conditioning(item.timestep, item.labels)
        let rows = rows(of: golden, images: item.labels.count)
        model.embed(golden.latents(item), conditioning, into: rows)
        let kept = kept(rows, golden)
        let alone = Tensor(zeros: kept.shape)
        model.embedKept(golden.latents(item), conditioning, into: alone)
        #expect(alone.values == kept.values)
    }

    /// A stage between the ends holds its blocks and nothing of class, time or latents.
    @Test func aStageHoldsItsBlocksAlone() throws {
        let golden = try UViTGolden("uvit-patch1-f32")
        let configuration = golden.configuration
        let share = ModelShare(blocks: 1..<3, embeds: false, predicts: false)
        let stage = try model(golden, share, "reference")
        #expect(stage.weightBytes == 4 * configuration.blockParameters()[1..<3].reduce(0, +))
        let prepared = try stage.prepare(
            [configuration.nullPrompt], configuration.latents, SamplingSteps(times: [999, 500]))
        #expect(prepared.map(\.byteCount) == [0])
    }

    @Test(arguments: UViTGolden.folders)
    func namesExactlyThePublishedTensors(folder: String) throws {
        let golden = try UViTGolden(folder)
        try golden.weights.require(exactly: golden.configuration.tensors, ignoring: { _ in false })
    }

    /// At the same latent and time, what is taken from the cache is what would be computed.
    @Test(arguments: TestEngines.f32 + TestEngines.bf16, [ModuleCombination.reuse, .offset])
    func takesModulesFromTheCache(engine: String, combination: ModuleCombination) throws {
        let golden = try UViTGolden("uvit-patch1-f32")
        let item = golden.cases[0]
        let model = try whole(golden, engine)
        let conditioning = try model.conditioning(item.timestep, item.labels)
        let plan = try ModulePlan(combination, allBlocks: [true, false], blocks: golden.configuration.blocks)
        let cache = model.makeCache(
            for: plan, images: item.labels.count, golden.configuration.layout, try TestEngines.make(engine))
        let passes = [0, 1].map { step in
            let rows = rows(of: golden, images: item.labels.count)
            model.embed(golden.latents(item), conditioning, into: rows)
            var pass = pass(through: golden.configuration, rows)
            pass.modules = cache.at(step)
            model.runBlocks(rows, conditioning, pass) {}
            return rows.values
        }
        expectClose(passes[1], passes[0], relative: 1e-5, engine)
    }

    private func model(_ golden: UViTGolden, _ share: ModelShare, _ engine: String) throws -> any Denoiser {
        try golden.configuration.denoiser(share, golden.weights, TestEngines.make(engine), afterEach: {})
    }

    private func whole(_ golden: UViTGolden, _ engine: String) throws -> any Denoiser {
        try model(golden, golden.configuration.whole, engine)
    }

    private func rows(of golden: UViTGolden, images: Int) -> Tensor {
        let layout = golden.configuration.layout
        return Tensor(zeros: [images, layout.rows, layout.width])
    }

    /// A copy of the rows of patches.
    private func kept(_ rows: Tensor, _ golden: UViTGolden) -> Tensor {
        let kept = Tensor(zeros: [rows.shape[0], rows.shape[1] - 2, rows.shape[2]])
        for image in 0..<rows.shape[0] { kept[image].copy(from: rows[image].rows(2..<rows.shape[1])) }
        return kept
    }

    /// With room for what blocks leave for later ones.
    private func pass(through configuration: any DenoiserConfiguration, _ rows: Tensor) -> BlockPass {
        var pass = BlockPass()
        for skip in configuration.longSkips { pass.skips[skip.from] = Tensor(zeros: rows.shape) }
        return pass
    }

    private func forward(
        _ model: any Denoiser, _ latents: Tensor, _ timestep: Double, _ labels: [Int]
    ) throws -> Tensor {
        let (configuration, layout) = (model.configuration, model.configuration.layout)
        let conditioning = try model.conditioning(timestep, labels)
        let rows = Tensor(zeros: [labels.count, layout.rows, layout.width])
        let kept = Tensor(zeros: [labels.count, layout.kept.count, layout.width])
        let output = Tensor(zeros: latents.shape)
        model.embed(latents, conditioning, into: rows)
        model.runBlocks(rows, conditioning, pass(through: configuration, rows)) {}
        for image in labels.indices { kept[image].copy(from: rows[image].rows(layout.kept)) }
        model.predict(kept, conditioning, into: output)
        return output
    }
}
