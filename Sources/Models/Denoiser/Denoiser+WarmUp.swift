import Checkpoints
public import Files
import Tensors

extension Denoiser {
    /// Goes through what this stage does for one image, with numbers of no meaning.
    ///
    /// A library makes its operations, some tens of milliseconds' work, when they are first asked for. Ranks that get
    /// their first hidden state from each other would make them one after the other.
    /// - Throws: what an archive throws that is read for it.
    public func warmUp() throws(ReadError) {
        // A block is like the next.
        let first = ModelShare(
            blocks: share.blocks.lowerBound..<share.blocks.lowerBound + min(1, share.blocks.count),
            embeds: share.embeds, predicts: share.predicts)
        try part(first).warmUpBlock()
    }

    private func warmUpBlock() throws(ReadError) {
        let (latents, prompt) = (configuration.latents, configuration.placeholderPrompt)
        let conditioning = Conditioning(
            try prepare([prompt], latents, SamplingSteps(times: (0..<8).map { Double($0) })), step: 0)
        let layout = configuration.layout(latents, prompt)
        let rows = Tensor(zeros: [1, layout.rows, layout.width])
        if share.embeds { embed(Tensor(zeros: [1] + latents.extents), conditioning, into: rows) }
        if let block = share.blocks.first {
            let readsSkip = configuration.longSkips.contains { $0.to == block }
            run(block, rows, conditioning, skip: readsSkip ? Tensor(zeros: rows.shape) : nil, .all)
        }
        if share.predicts {
            let output = latents.with(channels: configuration.outputChannels)
            predict(
                Tensor(zeros: [1, layout.kept.count, layout.width]), conditioning,
                into: Tensor(zeros: [1] + output.extents))
        }
    }
}
