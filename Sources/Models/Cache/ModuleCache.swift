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
    /// One for each block and module; none where a plan reuses nothing.
    private let histories: [[ModuleHistory?]]

    init(_ plan: ModulePlan, blocks: Range<Int>, shape: [Int]) {
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

    /// The cache at a step, for `DiT.runBlocks`; steps come in order.
    public func at(_ step: Int) -> Step {
        precondition(step < plan.steps, "ModuleCache: step \(step) of \(plan.steps)")
        return Step(cache: self, step: step)
    }
}

extension ModuleCache.Step {
    /// Runs a block as the plan has it.
    func run(
        _ block: Int, _ layer: DiTBlock, _ h: Tensor, modulation rows: Tensor, _ room: BlockScratch.Room,
        _ engine: any Engine
    ) {
        let histories = cache.histories[block - cache.blocks.lowerBound]
        if cache.plan.combination == .offset, let history = histories[0] {
            return runWhole(block, layer, h, modulation: rows, room, engine, history)
        }
        layer.run(h, modulation: rows, room, engine) { module in
            if cache.plan.computes(module, of: block, at: step) { return nil }
            return histories[module.rawValue]?.value(at: step, room: room.branch, engine)
        } computed: { module, output in
            histories[module.rawValue]?.record(output, step: step, engine)
        }
    }

    /// Runs a block or adds what it added before; what it adds now is kept as (after − before), in its own memory.
    private func runWhole(
        _ block: Int, _ layer: DiTBlock, _ h: Tensor, modulation rows: Tensor, _ room: BlockScratch.Room,
        _ engine: any Engine, _ history: ModuleHistory
    ) {
        guard cache.plan.computes(.attention, of: block, at: step) else {
            return engine.add(history.value(at: step, room: room.branch, engine), to: h)
        }
        history.record(h, step: step, engine)
        layer.run(h, modulation: rows, room, engine)
        let offset = history.value(at: step, room: room.branch, engine)
        engine.subtract(h, offset, into: offset)
    }
}
