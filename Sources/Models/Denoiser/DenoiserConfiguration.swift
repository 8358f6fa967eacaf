public import CachePlanning
public import Checkpoints
public import Engines
public import Files

/// A family of models, and of one of them all that is known before its weights are read.
///
/// A family is a folder of this module: a configuration that conforms, and a ``Denoiser``. ``DenoiserFamilies`` lists
/// them, and nothing else names any.
public protocol DenoiserConfiguration: Sendable {
    /// What the family is called.
    static var family: String { get }
    /// The classes that `model_index.json` names, by which a folder is recognised, with their keys.
    static var pipelines: [DiffusersClass] { get }
    /// The classes that `transformer/config.json` may name, with their keys.
    static var models: [DiffusersClass] { get }

    /// Steps that the family's pipeline takes unless told otherwise.
    static var usualSteps: Int { get }

    /// Reads `transformer/config.json`.
    /// - Throws: `.invalid` for a value that is not supported.
    init(_ reader: ConfigurationReader) throws(ReadError)

    /// The guidance scale of the model's pipeline, unless told otherwise.
    var usualGuidance: Double { get }
    /// What a scale means to the pipeline.
    func guidance(scale: Double) -> Guidance

    /// The names of published sizes, smallest first.
    static var names: [String] { get }
    /// The shape of a published size; nil if there is none of this name.
    static func named(_ name: String) -> (any DenoiserConfiguration)?
    /// The same as `transformer/config.json` says it.
    var text: String { get }

    /// The class of diffusers, or of the original code, that computes the same.
    var kind: String { get }
    /// Transformer blocks, L, in the order in which they run.
    var blocks: Int { get }
    /// The latent that the model was trained on.
    var latents: LatentShape { get }
    /// Channels of the model's output: the latent's, or twice as many where the variance is learned.
    var outputChannels: Int { get }
    /// Classes that prompts may name; 0 for a model that knows none.
    var classes: Int { get }
    /// The prompt of the branch without one.
    var nullPrompt: PromptState { get }
    /// A prompt for measurements, like any other.
    var placeholderPrompt: PromptState { get }
    /// The ways past blocks.
    var longSkips: [LongSkip] { get }
    /// Whether behind the last block stands what was embedded and the sum of what the modules add, each as
    /// `Denoiser.add` counts it, so that a sum of modules' outputs can be reused in the blocks' place.
    var sumsModules: Bool { get }
    /// The extents in a few words, for `inspect`.
    var summary: String { get }

    /// The rows of an image's hidden state.
    func layout(_ latents: LatentShape, _ prompt: PromptState) -> TokenLayout
    /// The products of each block, [L].
    func products(_ latents: LatentShape, _ prompt: PromptState) -> [BlockProducts]
    /// The layers that a share reads, in the order in which it reads them; those of a part follow each other.
    func layers(_ share: ModelShare) -> [LayerSpecification]
    /// Tensors that a folder may hold and nobody reads.
    var unreadTensors: [String: [Int]] { get }

    /// Reads and packs a share of the model; numbers as read are let go one part at a time.
    /// - Parameters:
    ///   - engine: it decides the precision of products.
    ///   - afterEach: called after each layer that is read, and each megabyte of it.
    /// - Throws: what the archive throws for a tensor that is missing, misshapen or unreadable.
    func denoiser(
        _ share: ModelShare, _ weights: WeightArchive, _ engine: any Engine, afterEach: @escaping () -> Void
    ) throws(ReadError) -> any Denoiser
}

extension DenoiserConfiguration {
    /// Classifier-free, as most pipelines have it.
    public func guidance(scale: Double) -> Guidance { Guidance(scale: scale) }
    /// None.
    public var longSkips: [LongSkip] { [] }
    /// None.
    public var unreadTensors: [String: [Int]] { [:] }
    /// The whole model as one share.
    public var whole: ModelShare { ModelShare(blocks: 0..<blocks, embeds: true, predicts: true) }
    /// Whether half of the output's channels are the variance's coefficients.
    public var learnsVariance: Bool { outputChannels == 2 * latents.channels }

    /// The rows of an image of the trained size.
    public var layout: TokenLayout { layout(latents, placeholderPrompt) }
    /// The products of each block for an image of the trained size, [L].
    public var products: [BlockProducts] { products(latents, placeholderPrompt) }

    /// The layers of the whole model.
    public var layers: [LayerSpecification] { layers(whole) }
    /// Names and shapes of all tensors that the whole model reads.
    public var tensors: [String: [Int]] {
        Dictionary(layers.flatMap(\.tensors).map { ($0.name, $0.shape) }) { $1 }
    }
    /// Numbers in all of the model's tensors.
    public var parameters: Int { tensors.values.reduce(0) { $0 + $1.reduce(1, *) } }
    /// Numbers of each block's own tensors, [L]; of the products alone, or with biases.
    public func blockParameters(productsAlone: Bool = false) -> [Int] {
        layers.reduce(into: Array(repeating: 0, count: blocks)) { counts, layer in
            guard case .block(let block) = layer.part else { return }
            counts[block] += productsAlone ? layer.multiplications : layer.parameters
        }
    }

    /// The blocks whose output is under way in front of a block: written before it, and read by it or behind it.
    public func skipsUnderWay(before block: Int) -> [Int] {
        longSkips.filter { $0.from < block && $0.to >= block }.map(\.from).sorted()
    }
}
