public import CachePlanning
public import Checkpoints
public import Engines
import Files
public import Tensors

/// A diffusion transformer, or the run of its blocks that one pipeline stage holds.
///
/// Computes what diffusers' `DiTTransformer2DModel` does, cut into patch embedding, blocks and final layer:
/// `embed`, `runBlocks` and `predict` one after the other are its `forward`. The hidden state stays f32
/// between them at either precision. An image's numbers do not depend on the other images of a call.
public final class DiT {
    /// Shape of the whole model.
    public let configuration: DiTConfiguration
    /// The blocks that this one holds.
    public let blocks: Range<Int>

    private let engine: any Engine
    private let patchEmbedding: PatchEmbedding?
    private let finalLayer: FinalLayer?
    private let layers: [DiTBlock]
    private let conditioners: Conditioners
    private let scratch: BlockScratch
    private let tensors = ScratchTensors()

    /// Reads and packs the given blocks; the numbers as read are let go one layer at a time.
    /// - Parameters:
    ///   - configuration: shape of the whole model; width a multiple of 4, sample size one of the patch.
    ///   - weights: tensors under diffusers' names, as in ``expectedTensors(_:)``.
    ///   - engine: what computes; it decides the precision of products.
    ///   - blocks: which blocks to hold.
    ///   - embedsPatches: whether `embed` will be called (pipeline head, and tail for reused steps).
    ///   - hasFinalLayer: whether `predict` will be called (pipeline tail).
    ///   - afterEach: called after each layer that is read, and each megabyte of it.
    /// - Throws: what the archive throws for a tensor that is missing, misshapen or unreadable.
    public init(
        _ configuration: DiTConfiguration, weights: WeightArchive, engine: any Engine, blocks: Range<Int>,
        embedsPatches: Bool, hasFinalLayer: Bool, afterEach: @escaping () -> Void = {}
    ) throws(ReadError) {
        precondition(
            configuration.width % 4 == 0 && configuration.sampleSize % configuration.patch == 0,
            "DiT: width \(configuration.width), sample size \(configuration.sampleSize), "
                + "patch \(configuration.patch)")
        precondition(
            blocks.lowerBound >= 0 && blocks.upperBound <= configuration.blocks,
            "DiT: blocks \(blocks) of \(configuration.blocks)")
        let reader = LayerReader(weights, engine, afterEach: afterEach)
        self.configuration = configuration
        self.blocks = blocks
        self.engine = engine
        patchEmbedding = embedsPatches ? try PatchEmbedding(configuration, reader) : nil
        finalLayer = hasFinalLayer ? try FinalLayer(configuration, reader) : nil
        conditioners = try Conditioners(configuration, reader, blocks: blocks, hasFinalLayer: hasFinalLayer)
        var layers: [DiTBlock] = []
        for block in blocks { layers.append(try DiTBlock(configuration, reader, block: block)) }
        self.layers = layers
        scratch = BlockScratch(configuration, activationType: engine.activationType)
    }

    /// A stage that holds some of another one's blocks, and shares their packed weights with it.
    /// - Precondition: `other` holds all that this one is to hold.
    public init(sharing other: DiT, blocks: Range<Int>, embedsPatches: Bool, hasFinalLayer: Bool) {
        precondition(
            other.blocks.lowerBound <= blocks.lowerBound && blocks.upperBound <= other.blocks.upperBound
                && (other.embedsPatches || !embedsPatches) && (other.hasFinalLayer || !hasFinalLayer),
            "DiT: blocks \(blocks) are not among \(other.blocks), or another layer is missing")
        configuration = other.configuration
        self.blocks = blocks
        engine = other.engine
        patchEmbedding = embedsPatches ? other.patchEmbedding : nil
        finalLayer = hasFinalLayer ? other.finalLayer : nil
        layers = blocks.map { other.layers[$0 - other.blocks.lowerBound] }
        conditioners = other.conditioners
        scratch = BlockScratch(configuration, activationType: engine.activationType)
    }

    /// Memory that the packed weights take, in bytes.
    public var weightBytes: Int {
        layers.reduce(conditioners.byteCount) { $0 + $1.byteCount } + (patchEmbedding?.byteCount ?? 0)
            + (finalLayer?.byteCount ?? 0)
    }

    /// Whether `embed` may be called.
    var embedsPatches: Bool { patchEmbedding != nil }
    /// Whether `predict` may be called.
    var hasFinalLayer: Bool { finalLayer != nil }

    /// Room for what adaLN makes of so many labels at ``ModulationTable/timestepsAtOnce`` timesteps.
    /// - Parameter spans: how many such spans of timesteps are asked for by turns.
    public func makeModulationTable(labels: Int, spans: Int = 1) -> ModulationTable {
        ModulationTable(blocks: blocks, width: configuration.width, capacity: labels * spans)
    }

    /// What adaLN needs to know of M images at one timestep, for all of this stage's layers.
    ///
    /// A timestep's embedding is computed once and kept.
    /// - Parameters:
    ///   - timestep: the training timestep, as the scheduler names it.
    ///   - labels: a class of each image; `configuration.classes` is the null class.
    ///   - timesteps: those that blocks may compute together, this one among them and in an order that does not depend
    ///     on it; at most ``ModulationTable/timestepsAtOnce``. Default: this one alone.
    ///   - modulations: of this stage, where blocks keep what they compute; by default nothing is kept for others.
    public func conditioning(
        timestep: Double, labels: [Int], among timesteps: [Double]? = nil, in modulations: ModulationTable? = nil
    ) -> Conditioning {
        for label in labels {
            precondition(
                label >= 0 && label <= configuration.classes,
                "DiT: label \(label) of \(configuration.classes) classes")
        }
        return Conditioning(
            timestep: timestep, labels: labels, timesteps: timesteps ?? [timestep],
            modulations: modulations ?? makeModulationTable(labels: labels.count))
    }

    /// Cuts latents into patches and embeds them, positions added: diffusers' `PatchEmbed`.
    /// - Parameters:
    ///   - latents: [M, C, H, W] f32.
    ///   - h: [M, N, D] f32.
    public func embed(_ latents: Tensor, into h: Tensor) {
        guard let patchEmbedding else {
            preconditionFailure("DiT: blocks \(blocks) were read without the patch embedding")
        }
        expect(h, isHiddenStateOf: latents.shape[0])
        patchEmbedding.embed(latents, into: h, tensors, engine)
    }

    /// Runs this stage's blocks in order.
    /// - Parameters:
    ///   - h: hidden state [M, N, D] f32, in place.
    ///   - conditioning: of the same M images.
    ///   - done: so many blocks the hidden state has been through already.
    ///   - modules: what to compute and what to take from the cache, of the same images; none: compute everything.
    ///   - observe: called with the ungated output [M, N, D] f32 of each module that is computed, where nothing is
    ///     taken from a cache.
    ///   - sums: for other steps, of what the modules add; nothing may be taken from a cache then.
    ///   - afterEach: called after each block, so that the caller can see to its messages.
    /// - Throws: only what `afterEach` throws.
    public func runBlocks<Failure: Error>(
        _ h: Tensor, _ conditioning: Conditioning, after done: Int = 0, modules: ModuleCache.Step? = nil,
        observe: ((Tensor, BlockModule, _ block: Int) -> Void)? = nil, sums: [GatedSum] = [],
        afterEach: () throws(Failure) -> Void
    ) throws(Failure) {
        expect(h, isHiddenStateOf: conditioning.images)
        precondition(sums.isEmpty || modules == nil, "DiT: sums of modules of which some are not computed")
        for sum in sums { expect(sum.sum, isHiddenStateOf: conditioning.images) }
        let room = scratch.room(images: conditioning.images)
        for (block, layer) in zip(blocks, layers).dropFirst(done) {
            let rows = modulation(block, conditioning, into: room.modulation)
            let otherRows = sums.enumerated().map { place, sum in
                modulation(
                    block, sum.conditioning,
                    into: tensors.tensor("modulation of sum \(place)", room.modulation.shape))
            }
            if let modules {
                modules.run(block, layer, h, modulation: rows, room, engine)
            } else {
                layer.run(
                    h, modulation: rows, room, engine,
                    computed: { module, output in
                        observe?(output, module, block)
                        for (rows, sum) in zip(otherRows, sums) {
                            layer.addGated(output, of: module, modulation: rows, to: sum.sum, engine)
                        }
                    })
            }
            try afterEach()
        }
    }

    /// Runs the first of this stage's blocks alone.
    /// - Parameter h: hidden state [M, N, D] f32, in place.
    public func runFirstBlock(_ h: Tensor, _ conditioning: Conditioning) {
        expect(h, isHiddenStateOf: conditioning.images)
        let room = scratch.room(images: conditioning.images)
        layers[0].run(
            h, modulation: modulation(blocks.lowerBound, conditioning, into: room.modulation), room, engine)
    }

    /// What the attention of this stage's first block works on: its norm, shifted and scaled by the timestep.
    /// - Parameters:
    ///   - h: hidden state [M, N, D] f32.
    ///   - conditioning: of the same M images.
    ///   - input: [M, N, D] f32.
    public func modulatedInput(_ h: Tensor, _ conditioning: Conditioning, into input: Tensor) {
        expect(h, isHiddenStateOf: conditioning.images)
        let room = scratch.room(images: conditioning.images)
        layers[0].modulatedInput(
            h, modulation: modulation(blocks.lowerBound, conditioning, into: room.modulation), into: input,
            engine)
    }

    /// A cache for M rows of hidden states that go through this stage's blocks under a plan.
    public func makeCache(for plan: ModulePlan, rows: Int) -> ModuleCache {
        precondition(plan.blocks == configuration.blocks, "DiT: a plan of \(plan.blocks) blocks")
        return ModuleCache(plan, blocks: blocks, shape: [rows, configuration.tokens, configuration.width])
    }

    /// The model's output: final layer and patches put together again.
    /// - Parameters:
    ///   - h: hidden state [M, N, D] f32 after the last block.
    ///   - conditioning: of the same M images.
    ///   - output: [M, Cout, H, W] f32; the noise's channels first, then the variance's if it is learned.
    public func predict(_ h: Tensor, _ conditioning: Conditioning, into output: Tensor) {
        guard let finalLayer else {
            preconditionFailure("DiT: blocks \(blocks) were read without the final layer")
        }
        expect(h, isHiddenStateOf: conditioning.images)
        let activated = tensors.tensor(
            "activated", [conditioning.images, 1, configuration.width], engine.activationType)
        conditioners.activateFinalLayer(
            timestep: conditioning.timestep, labels: conditioning.labels, into: activated)
        finalLayer.predict(
            h, activated: activated, scratch.room(images: conditioning.images), tensors, into: output, engine)
    }

    /// A block's shifts, scales and gates, [M, 6·D] f32 into `target`.
    private func modulation(_ block: Int, _ conditioning: Conditioning, into target: Tensor) -> Tensor {
        let timesteps = conditioning.timesteps
        conditioning.modulations.gather(block, for: conditioning, into: target) { labels, rows in
            let activated = tensors.tensor(
                "activated", [labels.count, timesteps.count, configuration.width], engine.activationType)
            conditioners.activate(block: block, timesteps: timesteps, labels: labels, into: activated)
            layers[block - blocks.lowerBound].modulate(activated, into: rows, engine)
        }
        return target
    }

    private func expect(_ h: Tensor, isHiddenStateOf images: Int) {
        precondition(
            h.shape == [images, configuration.tokens, configuration.width] && h.elementType == .f32,
            "DiT: hidden state \(h.shape) \(h.elementType), expected "
                + "\([images, configuration.tokens, configuration.width]) f32")
    }
}
