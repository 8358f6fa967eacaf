import Checkpoints
public import Files
public import Models
import Tensors

/// A stage with numbers of no meaning in memory, to be measured again and again.
public struct MeasuredBlocks {
    private let denoiser: any Denoiser
    private let conditioning: Conditioning
    private let rows: Tensor
    private let kept: Tensor
    private let latents: Tensor
    private let output: Tensor
    private let pass: BlockPass

    /// A stage that some images go through.
    /// - Throws: what an archive throws that is read for it.
    public init(_ denoiser: any Denoiser, images: Int) throws(ReadError) {
        self.denoiser = denoiser
        let model = denoiser.configuration
        let prepared = try denoiser.prepare(
            [model.placeholderPrompt], model.latents, SamplingSteps(times: [0]))
        conditioning = Conditioning(
            (0..<images).flatMap { _ in prepared }, step: 0)
        let layout = model.layout
        let rows = Tensor(zeros: [images, layout.rows, layout.width])
        self.rows = rows
        kept = Tensor(zeros: [images, layout.kept.count, layout.width])
        latents = Tensor(zeros: [images] + model.latents.extents)
        output = Tensor(zeros: [images] + model.latents.with(channels: model.outputChannels).extents)
        var pass = BlockPass()
        for skip in model.longSkips { pass.skips[skip.from] = Tensor(zeros: rows.shape) }
        self.pass = pass
    }

    /// Runs all blocks.
    public func run() { denoiser.runBlocks(rows, conditioning, pass) {} }

    /// Embeds latents.
    public func embed() { denoiser.embed(latents, conditioning, into: rows) }

    /// Applies the final layer.
    public func predict() { denoiser.predict(kept, conditioning, into: output) }
}
