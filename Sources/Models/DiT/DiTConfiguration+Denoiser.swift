public import CachePlanning
public import Checkpoints
public import Engines
public import Files

extension DiTConfiguration: DenoiserConfiguration {
    /// DiT (Peebles and Xie, arXiv 2212.09748).
    public static var family: String { "DiT" }
    /// As `DiTPipeline`.
    public static var usualSteps: Int { 50 }
    /// As `DiTPipeline`.
    public var usualGuidance: Double { 4 }
    /// Its class in diffusers.
    public var kind: String { "DiTTransformer2DModel" }
    /// Square.
    public var latents: LatentShape {
        LatentShape(channels: inputChannels, height: sampleSize, width: sampleSize)
    }
    /// The null class, the label table's last row.
    public var nullPrompt: PromptState { PromptState(label: classes) }
    /// Class 0.
    public var placeholderPrompt: PromptState { PromptState(label: 0) }
    /// Modules' outputs are added under their gates.
    public var sumsModules: Bool { true }
    /// See the protocol.
    public var summary: String {
        "\(blocks) blocks of width \(width) (\(heads) heads × \(headWidth)), patch \(patch), "
            + "\(tokens) tokens, \(classes) classes\(learnsVariance ? ", learned variance" : "")"
    }

    /// A token for each patch.
    public func layout(_ latents: LatentShape, _ prompt: PromptState) -> TokenLayout {
        TokenLayout(rows: latents.height / patch * (latents.width / patch), width: width)
    }

    /// Attention N·(4·D² + 2·N·D), feed-forward layers 8·N·D², and 6·D² of shifts, scales and gates.
    public func products(_ latents: LatentShape, _ prompt: PromptState) -> [BlockProducts] {
        let tokens = layout(latents, prompt).rows
        let square = width * width
        return Array(
            repeating: BlockProducts(
                attention: tokens * (4 * square + 2 * tokens * width), mlp: 8 * tokens * square,
                modulation: 6 * square), count: blocks)
    }

    /// diffusers keeps timestep and label embedders in every block; the final layer asks block 0's.
    public func layers(_ share: ModelShare) -> [LayerSpecification] {
        var layers: [LayerSpecification] = []
        func add(
            _ names: [String], _ inputs: Int, _ outputs: Int, stored: [Int]? = nil, to part: ModelPart,
            use: String? = nil, stays: Bool = true
        ) {
            layers.append(
                LayerSpecification(
                    names, .linear(inputs: inputs, outputs: outputs, stored: stored), in: part, use: use,
                    stays: stays))
        }
        let area = patch * patch
        if share.embeds {
            add(
                [Name.patches], inputChannels * area, width, stored: [width, inputChannels, patch, patch],
                to: .embedding)
        }
        if share.predicts {
            add([Name.finalModulation], width, 2 * width, to: .finalLayer)
            add([Name.finalProjection], width, area * outputChannels, to: .finalLayer)
        }
        for block in [0] + share.blocks.filter({ $0 > 0 }) {
            for (name, shape) in Conditioner.tensors(self) {
                layers.append(
                    LayerSpecification(
                        [Name.block(block, name)], .tensor(shape), in: .conditioner(block: block)))
            }
        }
        for block in share.blocks {
            func addToBlock(_ names: [String], _ inputs: Int, _ outputs: Int, use: String? = nil) {
                add(names.map { Name.block(block, $0) }, inputs, outputs, to: .block(block), use: use)
            }
            add([Name.block(block, Name.modulation)], width, 6 * width, to: .block(block), stays: false)
            addToBlock(Name.queryKeyValue, width, width, use: "query, key, value")
            addToBlock([Name.attentionOutput], width, width, use: "attention output")
            addToBlock([Name.widen], width, 4 * width, use: "feed-forward, in")
            addToBlock([Name.narrow], 4 * width, width, use: "feed-forward, out")
        }
        return layers
    }

    /// The position embedding, which is computed.
    public var unreadTensors: [String: [Int]] { ["pos_embed.pos_embed": [1, tokens, width]] }

    /// Reads and packs a share of the model.
    /// - Throws: what the archive throws for a tensor that is missing, misshapen or unreadable.
    public func denoiser(
        _ share: ModelShare, _ weights: WeightArchive, _ engine: any Engine, afterEach: @escaping () -> Void
    ) throws(ReadError) -> any Denoiser {
        try DiT(self, share, weights: weights, engine: engine, afterEach: afterEach)
    }

    /// Names of layers, as diffusers writes them.
    enum Name {
        static let patches = "pos_embed.proj"
        static let finalModulation = "proj_out_1"
        static let finalProjection = "proj_out_2"

        /// A layer or tensor of a block.
        static func block(_ block: Int, _ name: String) -> String { "transformer_blocks.\(block).\(name)" }
        static let modulation = "norm1.linear"
        static let queryKeyValue = ["attn1.to_q", "attn1.to_k", "attn1.to_v"]
        static let attentionOutput = "attn1.to_out.0"
        static let widen = "ff.net.0.proj"
        static let narrow = "ff.net.2"
    }
}
