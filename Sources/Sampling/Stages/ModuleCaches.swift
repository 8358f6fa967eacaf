import CachePlanning
import Models

/// The module caches of a stage: one for each micro-batch in flight, whose memory later ones take over.
final class ModuleCaches {
    private let context: StageContext
    private let plan: ModulePlan
    private var inUse: [RowsKey: ModuleCache] = [:]
    private var idle: [Int: [ModuleCache]] = [:]

    /// None unless the run has a module plan.
    init?(_ context: StageContext) {
        guard let plan = context.run.plan.modules else { return nil }
        self.context = context
        self.plan = plan
    }

    /// The cache of a slot's images and branches, at its step.
    func cache(for slot: Slot) -> ModuleCache.Step {
        let key = slot.rowsKey
        let rows = context.schedule.rows(of: slot)
        let cache =
            inUse[key] ?? idle[rows]?.popLast()
            ?? context.stage.denoiser.makeCache(
                for: plan, images: rows, context.layout(of: slot), context.stage.engine)
        inUse[key] = cache
        return cache.at(slot.step)
    }

    /// Lets the memory of images go that have been through their last step.
    func finish(_ slot: Slot) {
        guard slot.step == context.run.steps - 1,
            let cache = inUse.removeValue(forKey: slot.rowsKey)
        else { return }
        cache.reset()
        idle[context.schedule.rows(of: slot), default: []].append(cache)
    }
}
