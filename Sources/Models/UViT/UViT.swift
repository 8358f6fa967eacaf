public import CachePlanning
public import Checkpoints
public import Engines
public import Files
public import Tensors

/// A U-ViT, or the run of its blocks that one pipeline stage holds (Bao et al., arXiv 2209.12152).
///
/// Class and time are rows beside the patches, and nothing else depends on them: neither blocks nor the final layer are
/// modulated.
public final class UViT: Denoiser {
    /// What this one holds.
    public let share: ModelShare

    private let shape: UViTConfiguration
    private let engine: any Engine
    private let embedding: UViTEmbedding?
    private let finalLayer: UViTFinalLayer?
    private let blocks: [UViTBlock]
    private let scratch = ScratchTensors()

    /// Reads and packs the given share; the numbers as read are let go one layer at a time.
    /// - Parameters:
    ///   - configuration: shape of the whole model.
    ///   - weights: tensors under the published names, as ``UViTConfiguration/layers(_:)`` lists them.
    ///   - engine: what computes; it decides the precision of products.
    ///   - afterEach: called after each layer that is read, and each megabyte of it.
    /// - Throws: what the archive throws for a tensor that is missing, misshapen or unreadable.
    public init(
        _ configuration: UViTConfiguration, _ share: ModelShare, weights: WeightArchive, engine: any Engine,
        afterEach: @escaping () -> Void = {}
    ) throws(ReadError) {
        precondition(
            configuration.whole.contains(share),
            "UViT: blocks \(share.blocks) of \(configuration.blocks)")
        var embedding: UViTEmbedding?
        var finalLayer: UViTFinalLayer?
        var blocks: [UViTBlock] = []
        let reader = LayerReader(weights, engine, afterEach: afterEach)
        try reader.read(configuration.layers(share)) { part, layers in
            switch part {
            case .embedding: embedding = UViTEmbedding(configuration, layers)
            case .finalLayer: finalLayer = UViTFinalLayer(configuration, layers, engine)
            case .block(let block): blocks.append(UViTBlock(configuration, layers, block: block))
            case .conditioner: preconditionFailure("UViT: \(part) is no part of it")
            }
        }
        shape = configuration
        self.share = share
        self.engine = engine
        self.embedding = embedding
        self.finalLayer = finalLayer
        self.blocks = blocks
    }

    private init(_ other: UViT, _ share: ModelShare) {
        precondition(
            other.share.contains(share),
            "UViT: blocks \(share.blocks) are not among \(other.share.blocks), or another layer is missing")
        shape = other.shape
        self.share = share
        engine = other.engine
        embedding = share.embeds ? other.embedding : nil
        finalLayer = share.predicts ? other.finalLayer : nil
        blocks = share.blocks.map { other.blocks[$0 - other.share.blocks.lowerBound] }
    }

    /// Its shape.
    public var configuration: any DenoiserConfiguration { shape }

    /// A stage that holds a part of this one, and shares its packed weights.
    public func part(_ share: ModelShare) -> any Denoiser { UViT(self, share) }

    /// Memory that the packed weights take, in bytes.
    public var weightBytes: Int {
        blocks.reduce(0) { $0 + $1.byteCount } + (embedding?.byteCount ?? 0) + (finalLayer?.byteCount ?? 0)
    }

    /// Makes the rows of class and time where this stage embeds; elsewhere nothing depends on them.
    public func prepare(
        _ prompts: [PromptState], _ latents: LatentShape, _ steps: SamplingSteps
    ) -> [any PreparedPrompt] {
        let times = embedding?.timeRows(steps.times)
        return prompts.map { prompt in
            guard let label = prompt.label, (0...shape.classes).contains(label) else {
                preconditionFailure("UViT: \(prompt.numbers) names none of \(shape.classes) classes")
            }
            return PreparedRows(label: embedding?.labelRow(label), times: times)
        }
    }

    /// All, since a row is all that a step takes.
    public func stepsToPrepare(prompts: Int) -> Int { .max }

    /// The rows of class, time and patches, positions added.
    public func embed(_ latents: Tensor, _ conditioning: Conditioning, into rows: Tensor) {
        let images = conditioning.images
        precondition(
            rows.shape == [images, UViTConfiguration.extraRows + shape.grid * shape.grid, shape.width],
            "UViT: rows \(rows.shape) of \(images) images")
        let kept = scratch.tensor("kept", [images, shape.grid * shape.grid, shape.width])
        embedKept(latents, conditioning, into: kept)
        for (image, prompt) in conditioning.prompts.enumerated() {
            guard let prompt = prompt as? PreparedRows, let label = prompt.label, let times = prompt.times
            else { preconditionFailure("UViT: a prompt that was not prepared to be embedded") }
            let own = rows[image]
            own.rows(0..<1).copy(from: label)
            own.rows(1..<2).copy(from: times.rows(conditioning.step..<conditioning.step + 1))
            own.rows(UViTConfiguration.extraRows..<rows.shape[1]).copy(from: kept[image])
        }
    }

    /// The rows of patches alone.
    public func embedKept(_ latents: Tensor, _ conditioning: Conditioning, into kept: Tensor) {
        guard let embedding else {
            preconditionFailure("UViT: blocks \(share.blocks) were read without the embedding")
        }
        embedding.embedPatches(latents, into: kept, scratch, engine)
    }

    /// Runs one of this stage's blocks.
    public func run(
        _ block: Int, _ rows: Tensor, _ conditioning: Conditioning, skip: Tensor?, _ modules: BlockModules
    ) {
        blocks[block - share.blocks.lowerBound].run(rows, skip: skip, scratch, engine, modules)
    }

    /// Adds the output, which counts alike at every step.
    public func add(
        _ output: Tensor, of module: BlockModule, in block: Int, at conditioning: Conditioning, to sum: Tensor
    ) {
        engine.add(output, to: sum)
    }

    /// The first block's norm.
    public func firstInput(_ rows: Tensor, _ conditioning: Conditioning, into input: Tensor) {
        blocks[0].attentionNorm.apply(rows, into: input, engine)
    }

    /// Final layer and patches put together again.
    public func predict(_ kept: Tensor, _ conditioning: Conditioning, into output: Tensor) {
        guard let finalLayer else {
            preconditionFailure("UViT: blocks \(share.blocks) were read without the final layer")
        }
        finalLayer.predict(kept, into: output, scratch, engine)
    }
}
