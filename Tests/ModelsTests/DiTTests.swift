import Engines
import Files
import Models
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite(.serialized)
struct DiTTests {
    /// The largest relative difference to diffusers in f32.
    ///
    /// Sums in another order than torch's make some 1e-7 a layer. Late timesteps add up to 5e-6: of the 128
    /// frequencies torch's exp rounds one the other way, which a timestep of 999 multiplies.
    private static let bound = 1e-5

    @Test(arguments: DiTGolden.folders, TestEngines.f32)
    func computesWhatDiffusersDoes(folder: String, engine: String) throws {
        let golden = try DiTGolden(folder)
        let model = try whole(golden, TestEngines.make(engine))
        for item in golden.cases {
            let output = try forward(model, golden.latents(item), item.timestep, item.labels)
            expectClose(
                output.values, item.output, relative: Self.bound, "\(folder) at \(item.timestep)")
        }
    }

    /// The bound: a bf16 number is off by up to 2⁻⁹ = 0.002, and a few layers add up to several of that.
    @Test(arguments: DiTGolden.folders, TestEngines.bf16)
    func computesItNearlyInBF16(folder: String, engine: String) throws {
        let golden = try DiTGolden(folder)
        let model = try whole(golden, TestEngines.make(engine))
        for item in golden.cases {
            let output = try forward(model, golden.latents(item), item.timestep, item.labels)
            expectClose(output.values, item.output, relative: 0.02, "\(folder) at \(item.timestep)")
        }
    }

    @Test(arguments: TestEngines.f32 + TestEngines.bf16)
    func imageDoesNotDependOnItsCompanions(engine: String) throws {
        let golden = try DiTGolden("dit-tied-f16")
        let item = golden.cases[0]
        let alone = golden.latents(item).rows(0..<1)
        let model = try whole(golden, TestEngines.make(engine))
        let single = try forward(model, alone, item.timestep, [item.labels[0]])
        let three = Tensor(zeros: [3] + alone.shape.dropFirst())
        for image in 0..<3 { three.rows(image..<image + 1).copy(from: alone) }
        three.rows(0..<1).assign(alone.values.map { 3 * $0 })
        three.rows(2..<3).assign(alone.values.map { $0 - 1 })
        let joined = try forward(model, three, item.timestep, [1, item.labels[0], 0])
        #expect(joined[1].values == single[0].values)
        #expect(joined[0].values != single[0].values)
    }

    @Test(arguments: ["dit-patch2-untied-shards", "dit-tied-f16"], TestEngines.f32 + TestEngines.bf16)
    func stagesTogetherAreTheWholeModel(folder: String, engine: String) throws {
        for isShared in [false, true] {
            try stagesTogetherAreTheWholeModel(folder, engine, isShared: isShared)
        }
    }

    /// - Parameter isShared: whether stages share the weights of a model that holds them all.
    private func stagesTogetherAreTheWholeModel(_ folder: String, _ engine: String, isShared: Bool) throws {
        let golden = try DiTGolden(folder)
        let item = golden.cases[0]
        let whole = try forward(
            self.whole(golden, TestEngines.make(engine)), golden.latents(item), item.timestep, item.labels)

        let configuration = golden.configuration
        let h = Tensor(zeros: [item.labels.count, configuration.tokens, configuration.width])
        let output = Tensor(zeros: whole.shape)
        let holder = try isShared ? self.whole(golden, TestEngines.make(engine)) : nil
        for block in 0..<configuration.blocks {
            let isTail = block == configuration.blocks - 1
            let stage =
                try holder.map {
                    $0.part(ModelShare(blocks: block..<block + 1, embeds: block == 0, predicts: isTail))
                }
                ?? DiT(
                    configuration,
                    ModelShare(blocks: block..<block + 1, embeds: block == 0, predicts: isTail),
                    weights: golden.weights, engine: TestEngines.make(engine))
            // Leaves nothing behind that changes a number.
            try stage.warmUp()
            let conditioning = try stage.conditioning(item.timestep, item.labels)
            if block == 0 { stage.embed(golden.latents(item), conditioning, into: h) }
            stage.runBlocks(h, conditioning) {}
            if isTail { stage.predict(h, conditioning, into: output) }
        }
        #expect(output.values == whole.values)
    }

    @Test(arguments: TestEngines.f32 + TestEngines.bf16)
    func threadsDoNotChangeTheResult(engine: String) throws {
        let golden = try DiTGolden("dit-patch2-untied-shards")
        let item = golden.cases[0]
        let outputs = try [1, 3].map { threads in
            let model = try whole(golden, TestEngines.make(engine, threads: threads))
            return try forward(model, golden.latents(item), item.timestep, item.labels).values
        }
        #expect(outputs[0] == outputs[1])
    }

    @Test func secondCallGivesTheSame() throws {
        let golden = try DiTGolden("dit-patch2-untied-shards")
        let model = try whole(golden, ReferenceEngine())
        let item = golden.cases[0]
        let first = try forward(model, golden.latents(item), item.timestep, item.labels)
        _ = try forward(model, golden.latents(item).rows(0..<1), 500, [3])
        let second = try forward(model, golden.latents(item), item.timestep, item.labels)
        #expect(first.values == second.values)
    }

    /// The layers that make shifts, scales and gates are 6·D² + 6·D numbers of each block, and none stays.
    @Test func whatPreparesPromptsIsLetGo() throws {
        let golden = try DiTGolden("dit-tied-f16")
        let (blocks, width) = (golden.configuration.blocks, golden.configuration.width)
        let model = try whole(golden, ReferenceEngine())
        func bytes(_ layers: [LayerSpecification]) -> Int { layers.reduce(0) { $0 + 4 * $1.parameters } }
        let inBlocks = golden.configuration.layers.filter { if case .block = $0.part { true } else { false } }
        let ends = golden.configuration.layers.filter { [.embedding, .finalLayer].contains($0.part) }
        let embedders = golden.configuration.layers.filter { $0.part == .conditioner(block: 0) }
        let letGo = 4 * blocks * (6 * width * width + 6 * width)
        #expect(bytes(inBlocks.filter { !$0.stays }) == letGo)
        let positions = 4 * golden.configuration.tokens * width
        let kept = bytes(inBlocks) - letGo + bytes(ends) + bytes(embedders) + positions
        #expect(model.weightBytes == kept)
        let latents = golden.configuration.latents
        _ = try model.prepare([PromptState(label: 1)], latents, SamplingSteps(times: [1, 2, 3]))
        #expect(model.weightBytes == kept)
    }

    @Test(arguments: ["dit-patch2-untied-shards", "dit-tied-f16"])
    func equalEmbeddersAreHeldOnce(folder: String) throws {
        let golden = try DiTGolden(folder)
        let configuration = golden.configuration
        let width = configuration.width
        let model = try whole(golden, ReferenceEngine())
        let block = try DiT(
            configuration, ModelShare(blocks: 1..<2, embeds: false, predicts: false),
            weights: golden.weights, engine: ReferenceEngine())
        let ends = try DiT(
            configuration, ModelShare(blocks: 0..<1, embeds: true, predicts: true),
            weights: golden.weights, engine: ReferenceEngine())
        // Weights and biases of the two linear layers of a timestep embedder, and the label table.
        let labels = (configuration.classes + 1) * width
        let embedder = 4 * (width * 256 + width + width * width + width + labels)
        let added = block.weightBytes - (folder.contains("tied-f16") ? embedder : 0)
        #expect(model.weightBytes == ends.weightBytes + (configuration.blocks - 1) * added)
    }

    /// One number of one class in one block's copy of the label table: it counts for that class, and alone.
    @Test func aBlockWithAnotherLabelTableUsesItsOwn() throws {
        let golden = try DiTGolden("dit-tied-f16")
        let file = "dit-tied-f16/diffusion_pytorch_model.safetensors"
        var bytes = try Goldens.tree.bytes(of: file)
        let table = "transformer_blocks.2.norm1.emb.class_embedder.embedding_table.weight"
        let place = try #require(golden.weights.tensors[table]).bytes.lowerBound
        let label = golden.cases[0].labels[0]
        // The row's first half-precision number becomes 1.
        let row = place + label * golden.configuration.width * 2
        bytes.replaceSubrange(row..<row + 2, with: [0x00, 0x3c])
        let spoilt = try DiT(
            golden.configuration, golden.configuration.whole,
            weights: WeightArchive(MemorySource(name: file, bytes)),
            engine: ReferenceEngine())
        let latents = golden.latents(golden.cases[0]).rows(0..<1)
        let other = label == 0 ? 1 : 0
        let before = try whole(golden, ReferenceEngine())
        #expect(
            try forward(spoilt, latents, 500, [other]).values == forward(before, latents, 500, [other]).values
        )
        #expect(
            try forward(spoilt, latents, 500, [label]).values != forward(before, latents, 500, [label]).values
        )
    }

    @Test func callsAfterEachBlockAndPassesItsErrorOn() throws {
        struct Stop: Error {}
        let golden = try DiTGolden("dit-tied-f16")
        var layers = 0
        let model = try DiT(
            golden.configuration,
            ModelShare(blocks: 0..<golden.configuration.blocks, embeds: false, predicts: false),
            weights: golden.weights, engine: ReferenceEngine(),
            afterEach: { layers += 1 })
        let h = Tensor(zeros: [1, golden.configuration.tokens, golden.configuration.width])
        let conditioning = try model.conditioning(1, [0])
        var calls = 0
        model.runBlocks(h, conditioning) { calls += 1 }
        #expect(calls == golden.configuration.blocks)
        // Five products of seven small tensors in a block, and five tensors of its embedders.
        #expect(layers == (5 + 7 + 5) * golden.configuration.blocks)
        #expect(throws: Stop.self) { try model.runBlocks(h, conditioning) { throw Stop() } }
    }

    @Test(arguments: DiTGolden.folders)
    func namesExactlyTheTensorsThatDiffusersWrites(folder: String) throws {
        let golden = try DiTGolden(folder)
        try golden.weights.require(
            exactly: golden.configuration.tensors, ignoring: { _ in false })
        #expect(
            golden.configuration.unreadTensors == [
                "pos_embed.pos_embed": [1, golden.configuration.tokens, golden.configuration.width]
            ])
    }

    @Test func weightsOfAnotherWidthAreAnError() throws {
        let golden = try DiTGolden("dit-tied-f16")
        var configuration = golden.configuration
        configuration.heads += 1
        #expect(throws: ReadError.self) {
            try DiT(
                configuration, ModelShare(blocks: 0..<1, embeds: true, predicts: true),
                weights: golden.weights, engine: ReferenceEngine())
        }
    }

    private func whole(_ golden: DiTGolden, _ engine: any Engine) throws -> DiT {
        try DiT(
            golden.configuration, golden.configuration.whole,
            weights: golden.weights, engine: engine)
    }

    private func forward(_ model: DiT, _ latents: Tensor, _ timestep: Double, _ labels: [Int]) throws
        -> Tensor
    {
        let configuration = model.configuration
        let h = Tensor(zeros: [labels.count, configuration.layout.rows, configuration.layout.width])
        let output = Tensor(
            zeros: [labels.count] + configuration.latents.with(channels: configuration.outputChannels).extents
        )
        let conditioning = try model.conditioning(timestep, labels)
        model.embed(latents, conditioning, into: h)
        model.runBlocks(h, conditioning) {}
        model.predict(h, conditioning, into: output)
        return output
    }
}
