public import CachePlanning
import Checkpoints
public import Files
public import Tensors

/// The steps of a sampler as a model is told of them.
public struct SamplingSteps: Sendable, Equatable {
    /// The time of every step, as the scheduler names it.
    public var times: [Double]
    /// The steps that blocks are told of, ascending; of the others the final layer alone is.
    public var throughBlocks: [Int]

    /// Steps at the given times.
    public init(times: [Double], throughBlocks: [Int]? = nil) {
        self.times = times
        self.throughBlocks = throughBlocks ?? Array(times.indices)
    }
}

/// What a stage keeps of one prompt for all steps of a run; a family's own.
public protocol PreparedPrompt: AnyObject {
    /// Memory that it takes, in bytes.
    var byteCount: Int { get }
}

/// What layers need to know of M images at one step.
public struct Conditioning {
    /// Of each image.
    public let prompts: [any PreparedPrompt]
    /// The step, of those that the prompts were prepared for.
    public let step: Int

    /// Of the given images.
    public init(_ prompts: [any PreparedPrompt], step: Int) {
        self.prompts = prompts
        self.step = step
    }

    /// M.
    public var images: Int { prompts.count }

    /// Of some of the images.
    public subscript(images: Range<Int>) -> Conditioning { Conditioning(Array(prompts[images]), step: step) }
}

/// What stands in for the modules of a block, and who wants to see what they compute.
public struct BlockModules {
    /// Of the given functions.
    public init(
        cached: @escaping (BlockModule, _ room: Tensor) -> Tensor?,
        computed: @escaping (BlockModule, Tensor) -> Void
    ) {
        self.cached = cached
        self.computed = computed
    }

    /// What is to be taken for a module's ungated output, [M, N, D] f32; nil: compute it.
    ///
    /// The tensor is memory [M, N, D] f32 that may be used for it.
    public let cached: (BlockModule, _ room: Tensor) -> Tensor?
    /// To be told the ungated output [M, N, D] f32 of each module that was computed.
    public let computed: (BlockModule, Tensor) -> Void

    /// Everything is computed, and nobody looks.
    public static var all: BlockModules { BlockModules(cached: { _, _ in nil }, computed: { _, _ in }) }
}

/// A diffusion transformer, or the run of its blocks that one pipeline stage holds.
///
/// `embed`, `run` of all blocks and `predict` one after the other are its forward pass. Hidden states are f32 between
/// them at any precision. An image's numbers must not depend on the other images of a call.
public protocol Denoiser: AnyObject {
    /// The whole model.
    var configuration: any DenoiserConfiguration { get }
    /// What this one holds.
    var share: ModelShare { get }
    /// Memory that its weights take, in bytes.
    var weightBytes: Int { get }

    /// A stage that holds a part of this one, and shares its weights.
    /// - Precondition: ``share`` contains it.
    func part(_ share: ModelShare) -> any Denoiser

    /// Computes what is constant over a run for each of some prompts.
    /// - Parameters:
    ///   - prompts: no two alike, all of one layout.
    ///   - latents: the latent's extents.
    /// - Throws: what an archive throws that is read for it.
    func prepare(
        _ prompts: [PromptState], _ latents: LatentShape, _ steps: SamplingSteps
    ) throws(ReadError) -> [any PreparedPrompt]

    /// How many steps that go through blocks are to be prepared at once for so many prompts.
    func stepsToPrepare(prompts: Int) -> Int

    /// Makes the rows that the first block takes.
    /// - Parameters:
    ///   - latents: [M, C, F, H, W] f32; of still pictures [M, C, H, W].
    ///   - rows: [M, N, D] f32.
    func embed(_ latents: Tensor, _ conditioning: Conditioning, into rows: Tensor)

    /// The same of the kept rows alone, [M, K, D] f32: what reuse adds a residual to.
    func embedKept(_ latents: Tensor, _ conditioning: Conditioning, into kept: Tensor)

    /// Runs one of this stage's blocks.
    /// - Parameters:
    ///   - rows: [M, N, D] f32, in place.
    ///   - skip: [M, N, D] f32, what an earlier block has left for this one, as ``DenoiserConfiguration/longSkips`` say.
    ///   - modules: what stands in for its modules; each is asked for, and told of, once.
    func run(
        _ block: Int, _ rows: Tensor, _ conditioning: Conditioning, skip: Tensor?, _ modules: BlockModules)

    /// Adds a module's ungated output [M, N, D] as it counts at another step.
    ///
    /// Asked for only where ``DenoiserConfiguration/sumsModules``.
    func add(
        _ output: Tensor, of module: BlockModule, in block: Int, at conditioning: Conditioning, to sum: Tensor
    )

    /// What the attention of this stage's first block works on, [M, N, D] f32 of rows [M, N, D].
    func firstInput(_ rows: Tensor, _ conditioning: Conditioning, into input: Tensor)

    /// The model's output.
    /// - Parameters:
    ///   - kept: the kept rows behind the last block, [M, K, D] f32.
    ///   - output: [M, Cout, F, H, W] f32, of still pictures [M, Cout, H, W]; the channels that a scheduler takes come
    ///     first, then those of the variance if it is learned.
    func predict(_ kept: Tensor, _ conditioning: Conditioning, into output: Tensor)
}
