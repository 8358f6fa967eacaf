import CachePlanning
import Engines
import Tensors

/// What the modules of a stage's blocks left at earlier steps, for one micro-batch of images.
///
/// Each module that the plan ever reuses takes one tensor [M, N, D] f32 (``ModuleCombination/tensorsPerBlock`` says
/// how many a block takes in all), from the start, on the rank that has the block and nowhere else. Nothing is taken
/// while steps run.
public final class ModuleCache {
    /// The cache at one step.
    public struct Step {
        fileprivate let cache: ModuleCache
        fileprivate let step: Int
    }

    private let plan: ModulePlan
    private let blocks: Range<Int>
    fileprivate let engine: any Engine
    /// One for each block and module; none where a plan reuses nothing.
    private let histories: [[ModuleHistory?]]

    init(_ plan: ModulePlan, blocks: Range<Int>, shape: [Int], _ engine: any Engine) {
        self.engine = engine
        self.plan = plan
        self.blocks = blocks
        histories = blocks.map { block in
            BlockModule.allCases.map { module in
                // An offset is the whole block's; it stands where the attention's output would.
                let isKept =
                    plan.reuses(module, of: block) && (plan.combination != .offset || module == .attention)
                return isKept ? ModuleHistory(plan.combination, shape: shape) : nil
            }
        }
    }

    /// Memory that it takes, in bytes.
    public var byteCount: Int { histories.joined().reduce(0) { $0 + ($1?.byteCount ?? 0) } }

    /// Forgets everything, so that other images can use the memory.
    public func reset() { for history in histories.joined() { history?.reset() } }

    /// The cache at a step, for `Denoiser.runBlocks`; steps come in order.
    public func at(_ step: Int) -> Step {
        precondition(step < plan.steps, "ModuleCache: step \(step) of \(plan.steps)")
        return Step(cache: self, step: step)
    }
}

extension ModuleCache.Step {
    /// Runs a block as the plan has it.
    /// - Parameters:
    ///   - h: hidden state [M, N, D] f32, in place.
    ///   - body: runs the block with what stands in for its modules.
    func run(_ block: Int, _ h: Tensor, _ body: (BlockModules) -> Void) {
        let engine = cache.engine
        let histories = cache.histories[block - cache.blocks.lowerBound]
        if cache.plan.combination == .offset, let history = histories[0] {
            return runWhole(block, h, history, body)
        }
        let modules = BlockModules { module, room in
            if cache.plan.computes(module, of: block, at: step) { return nil }
            return histories[module.rawValue]?.value(at: step, room: room, engine)
        } computed: { module, output in
            histories[module.rawValue]?.record(output, step: step, engine)
        }
        body(modules)
    }

    /// Runs a block or adds what it added before; what it adds now is kept as (after − before), in its own memory.
    private func runWhole(
        _ block: Int, _ h: Tensor, _ history: ModuleHistory, _ body: (BlockModules) -> Void
    ) {
        let engine = cache.engine
        // An offset is kept as it is: no room is needed to make it.
        guard cache.plan.computes(.attention, of: block, at: step) else {
            return engine.add(history.value(at: step, room: h, engine), to: h)
        }
        history.record(h, step: step, engine)
        body(.all)
        let offset = history.value(at: step, room: h, engine)
        engine.subtract(h, offset, into: offset)
    }
}
