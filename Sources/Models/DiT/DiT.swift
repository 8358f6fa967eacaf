public import CachePlanning
public import Checkpoints
public import Engines
import Files
public import Tensors

/// A DiT, or the run of its blocks that one pipeline stage holds: diffusers' `DiTTransformer2DModel`, cut into patch
/// embedding, blocks and final layer.
public final class DiT: Denoiser {
    /// What this one holds.
    public let share: ModelShare

    private let shape: DiTConfiguration
    private let engine: any Engine
    private let patchEmbedding: PatchEmbedding?
    private let finalLayer: FinalLayer?
    private let blocks: [DiTBlock]
    private let modulations: ModulationLayers
    private let conditioners: Conditioners
    private let scratch: BlockScratch
    private let tensors = ScratchTensors()

    /// Reads and packs the given share; the numbers as read are let go one layer at a time.
    /// - Parameters:
    ///   - configuration: shape of the whole model; width a multiple of 4, sample size one of the patch.
    ///   - weights: tensors under diffusers' names, as ``DiTConfiguration/layers(_:)`` lists them.
    ///   - engine: what computes; it decides the precision of products.
    ///   - afterEach: called after each layer that is read, and each megabyte of it.
    /// - Throws: what the archive throws for a tensor that is missing, misshapen or unreadable.
    public init(
        _ configuration: DiTConfiguration, _ share: ModelShare, weights: WeightArchive, engine: any Engine,
        afterEach: @escaping () -> Void = {}
    ) throws(ReadError) {
        precondition(
            configuration.width % 4 == 0 && configuration.sampleSize % configuration.patch == 0,
            "DiT: width \(configuration.width), sample size \(configuration.sampleSize), "
                + "patch \(configuration.patch)")
        precondition(
            configuration.whole.contains(share), "DiT: blocks \(share.blocks) of \(configuration.blocks)")
        let reader = LayerReader(weights, engine, afterEach: afterEach)
        var patchEmbedding: PatchEmbedding?
        var finalLayer: FinalLayer?
        var blocks: [DiTBlock] = []
        let layers = configuration.layers(share)
        var modulations = ModulationLayers(layers, weights, engine)
        var conditioners = Conditioners(configuration, reader)
        try reader.read(layers) { part, layers in
            switch part {
            case .embedding: patchEmbedding = PatchEmbedding(configuration, layers)
            case .finalLayer: finalLayer = FinalLayer(configuration, layers)
            case .conditioner(let block): conditioners.take(layers, of: block)
            case .block(let block):
                blocks.append(DiTBlock(configuration, layers, block: block))
                modulations.take(layers, of: block)
            }
        }
        conditioners.finish(share)
        shape = configuration
        self.share = share
        self.engine = engine
        self.patchEmbedding = patchEmbedding
        self.finalLayer = finalLayer
        self.blocks = blocks
        self.modulations = modulations
        self.conditioners = conditioners
        scratch = BlockScratch(configuration, activationType: engine.activationType)
    }

    private init(_ other: DiT, _ share: ModelShare) {
        precondition(
            other.share.contains(share),
            "DiT: blocks \(share.blocks) are not among \(other.share.blocks), or another layer is missing")
        shape = other.shape
        self.share = share
        engine = other.engine
        patchEmbedding = share.embeds ? other.patchEmbedding : nil
        finalLayer = share.predicts ? other.finalLayer : nil
        let own = share.blocks.map { $0 - other.share.blocks.lowerBound }
        blocks = own.map { other.blocks[$0] }
        modulations = other.modulations
        conditioners = other.conditioners
        scratch = BlockScratch(shape, activationType: engine.activationType)
    }

    /// Its shape.
    public var configuration: any DenoiserConfiguration { shape }

    /// A stage that holds a part of this one, and shares its packed weights.
    public func part(_ share: ModelShare) -> any Denoiser { DiT(self, share) }

    /// Memory that the packed weights take, in bytes.
    public var weightBytes: Int {
        blocks.reduce(conditioners.byteCount) { $0 + $1.byteCount }
            + modulations.byteCount(share.blocks) + (patchEmbedding?.byteCount ?? 0)
            + (finalLayer?.byteCount ?? 0)
    }

    /// Computes the modulation of all blocks for each of some classes, at all steps that go through them.
    public func prepare(
        _ prompts: [PromptState], _ latents: LatentShape, _ steps: SamplingSteps
    ) throws(ReadError) -> [any PreparedPrompt] {
        let labels = prompts.map { prompt in
            guard let label = prompt.label, (0...shape.classes).contains(label) else {
                preconditionFailure("DiT: \(prompt.numbers) names none of \(shape.classes) classes")
            }
            return label
        }
        let prepared = labels.map { PreparedLabel($0, steps, blocks: share.blocks, width: shape.width) }
        let length = PreparedLabel.stepsAtOnce
        try modulations.forEach(share.blocks) { block, layer in
            for place in stride(from: 0, to: steps.throughBlocks.count, by: length) {
                let times = steps.throughBlocks[place...].prefix(length).map { steps.times[$0] }
                let activated = tensors.tensor(
                    "activated", [labels.count, times.count, shape.width], engine.activationType)
                conditioners.activate(block: block, timesteps: times, labels: labels, into: activated)
                let rows = tensors.tensor("modulations", [labels.count, times.count, 6 * shape.width])
                engine.linear(activated, layer, activation: .identity, into: rows)
                for (row, prompt) in prepared.enumerated() { prompt.keep(rows[row], of: block, from: place) }
            }
        }
        return prepared
    }

    /// As many as take no more memory than the weights that make them, or 16 MiB.
    public func stepsToPrepare(prompts: Int) -> Int {
        let row = 6 * shape.width
        let weights = share.blocks.count * row * shape.width * engine.activationType.byteCount
        let step = max(1, prompts * share.blocks.count * row * ElementType.f32.byteCount)
        let length = PreparedLabel.stepsAtOnce
        return max(length, max(weights, 1 << 24) / step / length * length)
    }

    /// Cuts latents into patches and embeds them, positions added: diffusers' `PatchEmbed`.
    public func embed(_ latents: Tensor, _ conditioning: Conditioning, into rows: Tensor) {
        guard let patchEmbedding else {
            preconditionFailure("DiT: blocks \(share.blocks) were read without the patch embedding")
        }
        expect(rows, isHiddenStateOf: conditioning)
        patchEmbedding.embed(latents, into: rows, tensors, engine)
    }

    /// The same, since all rows are kept.
    public func embedKept(_ latents: Tensor, _ conditioning: Conditioning, into kept: Tensor) {
        embed(latents, conditioning, into: kept)
    }

    /// Runs one of this stage's blocks.
    public func run(
        _ block: Int, _ rows: Tensor, _ conditioning: Conditioning, skip: Tensor?, _ modules: BlockModules
    ) {
        expect(rows, isHiddenStateOf: conditioning)
        let room = room(for: rows)
        blocks[block - share.blocks.lowerBound].run(
            rows, modulation: modulation(block, conditioning, into: room.modulation), room, engine, modules)
    }

    /// Adds a module's output under the gate of the given step.
    public func add(
        _ output: Tensor, of module: BlockModule, in block: Int, at conditioning: Conditioning, to sum: Tensor
    ) {
        let room = tensors.tensor("other modulation", [conditioning.images, 6 * shape.width])
        blocks[block - share.blocks.lowerBound].addGated(
            output, of: module, modulation: modulation(block, conditioning, into: room), to: sum, engine)
    }

    /// The first block's norm, shifted and scaled.
    public func firstInput(_ rows: Tensor, _ conditioning: Conditioning, into input: Tensor) {
        expect(rows, isHiddenStateOf: conditioning)
        let modulation = modulation(
            share.blocks.lowerBound, conditioning, into: room(for: rows).modulation)
        blocks[0].modulatedInput(rows, modulation: modulation, into: input, engine)
    }

    /// Final layer and patches put together again.
    public func predict(_ kept: Tensor, _ conditioning: Conditioning, into output: Tensor) {
        guard let finalLayer else {
            preconditionFailure("DiT: blocks \(share.blocks) were read without the final layer")
        }
        expect(kept, isHiddenStateOf: conditioning)
        let labels = labels(conditioning)
        let activated = tensors.tensor(
            "final activated", [labels.count, 1, shape.width], engine.activationType)
        conditioners.activateFinalLayer(
            timestep: labels[0].times[conditioning.step], labels: labels.map(\.label), into: activated)
        finalLayer.predict(kept, activated: activated, room(for: kept), tensors, into: output, engine)
    }

    /// A block's shifts, scales and gates, [M, 6·D] f32 into `target`.
    private func modulation(_ block: Int, _ conditioning: Conditioning, into target: Tensor) -> Tensor {
        for (image, label) in labels(conditioning).enumerated() {
            target[image].copy(from: label.row(block, at: conditioning.step))
        }
        return target
    }

    private func labels(_ conditioning: Conditioning) -> [PreparedLabel] {
        conditioning.prompts.map { prompt in
            guard let label = prompt as? PreparedLabel else {
                preconditionFailure("DiT: a prompt that another model has prepared")
            }
            return label
        }
    }

    private func room(for rows: Tensor) -> BlockScratch.Room {
        scratch.room(images: rows.shape[0], tokens: rows.shape[1])
    }

    private func expect(_ h: Tensor, isHiddenStateOf conditioning: Conditioning) {
        precondition(
            h.shape.count == 3 && h.shape[0] == conditioning.images && h.shape[2] == shape.width
                && h.elementType == .f32,
            "DiT: hidden state \(h.shape) \(h.elementType) of \(conditioning.images) images of width \(shape.width)"
        )
    }
}
