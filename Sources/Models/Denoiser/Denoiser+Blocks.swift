public import CachePlanning
public import Engines
public import Tensors

/// What a pass through a stage's blocks is to do besides.
public struct BlockPass {
    /// The blocks, of those that the stage holds; nil: all.
    public var blocks: Range<Int>?
    /// What is left for later blocks, [M, N, D] f32 each, by the block that leaves it: blocks of this stage write
    /// theirs, and those of earlier stages are there.
    public var skips: [Int: Tensor] = [:]
    /// What to compute and what to take from the cache, of the same images; nil: compute everything.
    public var modules: ModuleCache.Step?
    /// Called with the ungated output [M, N, D] f32 of each module, where nothing is taken from a cache.
    public var observe: ((Tensor, BlockModule, _ block: Int) -> Void)?
    /// For other steps, of what the modules add; nothing may be taken from a cache then.
    public var sums: [GatedSum] = []

    /// A pass through all blocks that does nothing besides.
    public init(blocks: Range<Int>? = nil) { self.blocks = blocks }
}

extension Denoiser {
    /// Runs this stage's blocks in order.
    /// - Parameters:
    ///   - rows: hidden state [M, N, D] f32, in place.
    ///   - conditioning: of the same M images.
    ///   - afterEach: called after each block, so that the caller can see to its messages.
    /// - Throws: only what `afterEach` throws.
    public func runBlocks<Failure: Error>(
        _ rows: Tensor, _ conditioning: Conditioning, _ pass: BlockPass = BlockPass(),
        afterEach: () throws(Failure) -> Void
    ) throws(Failure) {
        precondition(
            pass.sums.isEmpty || pass.modules == nil,
            "Denoiser: sums of modules of which some are not computed")
        let skips = configuration.longSkips
        for block in pass.blocks ?? share.blocks {
            let skip = skips.first { $0.to == block }.map { own in
                guard let left = pass.skips[own.from] else {
                    preconditionFailure("Denoiser: block \(block) lacks what block \(own.from) left")
                }
                return left
            }
            if let modules = pass.modules {
                modules.run(block, rows) { run(block, rows, conditioning, skip: skip, $0) }
            } else {
                let watching = BlockModules(cached: { _, _ in nil }) { module, output in
                    pass.observe?(output, module, block)
                    for sum in pass.sums {
                        self.add(output, of: module, in: block, at: sum.conditioning, to: sum.sum)
                    }
                }
                run(block, rows, conditioning, skip: skip, watching)
            }
            pass.skips[block]?.copy(from: rows)
            try afterEach()
        }
    }

    /// A cache for M images that go through this stage's blocks under a plan.
    /// - Parameter engine: the stage's.
    public func makeCache(
        for plan: ModulePlan, images: Int, _ layout: TokenLayout, _ engine: any Engine
    ) -> ModuleCache {
        precondition(plan.blocks == configuration.blocks, "Denoiser: a plan of \(plan.blocks) blocks")
        return ModuleCache(plan, blocks: share.blocks, shape: [images, layout.rows, layout.width], engine)
    }
}
