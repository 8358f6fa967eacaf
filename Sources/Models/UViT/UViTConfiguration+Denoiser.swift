public import CachePlanning
public import Checkpoints
public import Engines
public import Files

extension UViTConfiguration: DenoiserConfiguration {
    /// U-ViT (Bao et al., arXiv 2209.12152).
    public static var family: String { "U-ViT" }
    /// As the published samples were drawn with.
    public static var usualSteps: Int { 50 }
    /// As the published samples were drawn with.
    public var usualGuidance: Double { guidance }
    /// c + g·(c − u).
    public func guidance(scale: Double) -> Guidance {
        Guidance(scale > 0 ? .beyondConditional(.constant(scale)) : .conditional)
    }
    /// The class of the published code.
    public var kind: String { "UViT" }
    /// Those on the way in, the middle one, those on the way out.
    public var blocks: Int { 2 * blocksPerSide + 1 }
    /// Square.
    public var latents: LatentShape {
        LatentShape(channels: channels, height: sampleSize, width: sampleSize)
    }
    /// The latent's.
    public var outputChannels: Int { channels }
    /// The null class, the label table's last row.
    public var nullPrompt: PromptState { PromptState(label: classes) }
    /// Class 0.
    public var placeholderPrompt: PromptState { PromptState(label: 0) }
    /// The first block leaves its output for the last, the second for the last but one, and so on.
    public var longSkips: [LongSkip] {
        (0..<blocksPerSide).map { LongSkip(from: $0, to: blocks - 1 - $0) }
    }
    /// What comes past blocks is multiplied with what came through them.
    public var sumsModules: Bool { false }
    /// See the protocol.
    public var summary: String {
        "\(blocks) blocks of width \(width) (\(heads) heads × \(width / heads)), \(blocksPerSide) long skips, "
            + "patch \(patch), \(grid * grid) + \(Self.extraRows) tokens, \(classes) classes"
    }

    /// The class, the time, and a row for each patch, of which the patches are kept.
    public func layout(_ latents: LatentShape, _ prompt: PromptState) -> TokenLayout {
        let rows = Self.extraRows + grid * grid
        return TokenLayout(rows: rows, width: width, kept: Self.extraRows..<rows)
    }

    /// Attention N·(4·D² + 2·N·D), feed-forward layers 8·N·D², and 2·N·D² of what comes past other blocks.
    public func products(_ latents: LatentShape, _ prompt: PromptState) -> [BlockProducts] {
        let rows = layout(latents, prompt).rows
        let square = width * width
        return (0..<blocks).map { block in
            BlockProducts(
                attention: rows * (4 * square + 2 * rows * width), mlp: 8 * rows * square,
                modulation: readsSkip(block) ? 2 * rows * square : 0)
        }
    }

    /// The layers of the published checkpoints.
    public func layers(_ share: ModelShare) -> [LayerSpecification] {
        var layers: [LayerSpecification] = []
        func add(_ name: String, _ kind: LayerSpecification.Kind, to part: ModelPart, use: String? = nil) {
            layers.append(LayerSpecification([name], kind, in: part, use: use))
        }
        func addNorm(_ name: String, to part: ModelPart) {
            add(name + ".weight", .tensor([width]), to: part)
            add(name + ".bias", .tensor([width]), to: part)
        }
        let area = patch * patch
        if share.embeds {
            add(
                Name.patches,
                .linear(
                    inputs: channels * area, outputs: width, stored: [width, channels, patch, patch]),
                to: .embedding)
            add(Name.labels, .tensor([classes + 1, width]), to: .embedding)
            add(Name.positions, .tensor([1, Self.extraRows + grid * grid, width]), to: .embedding)
        }
        if share.predicts {
            addNorm(Name.finalNorm, to: .finalLayer)
            add(Name.finalProjection, .linear(inputs: width, outputs: area * channels), to: .finalLayer)
            if endsInConvolution {
                add(Name.convolution + ".weight", .tensor([channels, channels, 3, 3]), to: .finalLayer)
                add(Name.convolution + ".bias", .tensor([channels]), to: .finalLayer)
            }
        }
        for block in share.blocks {
            func linear(_ layer: String, _ inputs: Int, _ outputs: Int, hasBias: Bool = true, use: String) {
                add(
                    name(of: layer, in: block), .linear(inputs: inputs, outputs: outputs, hasBias: hasBias),
                    to: .block(block), use: use)
            }
            if readsSkip(block) { linear(Name.skip, 2 * width, width, use: "long skip") }
            addNorm(name(of: Name.attentionNorm, in: block), to: .block(block))
            linear(Name.queryKeyValue, width, 3 * width, hasBias: false, use: "query, key, value")
            linear(Name.attentionOutput, width, width, use: "attention output")
            addNorm(name(of: Name.feedForwardNorm, in: block), to: .block(block))
            linear(Name.widen, width, 4 * width, use: "feed-forward, in")
            linear(Name.narrow, 4 * width, width, use: "feed-forward, out")
        }
        return layers
    }

    /// Reads and packs a share of the model.
    /// - Throws: what the archive throws for a tensor that is missing, misshapen or unreadable.
    public func denoiser(
        _ share: ModelShare, _ weights: WeightArchive, _ engine: any Engine, afterEach: @escaping () -> Void
    ) throws(ReadError) -> any Denoiser {
        try UViT(self, share, weights: weights, engine: engine, afterEach: afterEach)
    }

    /// Whether a block reads what an earlier one has left for it.
    func readsSkip(_ block: Int) -> Bool { block > blocksPerSide }

    /// The name of a block's layer in the file.
    func name(of layer: String, in block: Int) -> String {
        if block < blocksPerSide { return "in_blocks.\(block).\(layer)" }
        if block == blocksPerSide { return "mid_block.\(layer)" }
        return "out_blocks.\(block - blocksPerSide - 1).\(layer)"
    }

    /// Names of layers in the published checkpoints.
    enum Name {
        static let patches = "patch_embed.proj"
        static let labels = "label_emb.weight"
        static let positions = "pos_embed"
        static let finalNorm = "norm"
        static let finalProjection = "decoder_pred"
        static let convolution = "final_layer"

        static let skip = "skip_linear"
        static let attentionNorm = "norm1"
        static let queryKeyValue = "attn.qkv"
        static let attentionOutput = "attn.proj"
        static let feedForwardNorm = "norm2"
        static let widen = "mlp.fc1"
        static let narrow = "mlp.fc2"
    }
}
