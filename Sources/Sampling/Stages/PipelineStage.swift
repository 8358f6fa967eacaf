import CachePlanning
import Models
import RunTrace
import Tensors
import Transport

/// One rank of the pipeline.
///
/// Every rank walks the same schedule: receive, run my blocks, send. Steps that reuse the whole residual are not in
/// it: the tail takes them by itself (`GatherStage`), which is why they cost no block and no message. Where what is
/// reused is modules' outputs, blocks sum those up for the reused steps to come, beside the hidden state. Under a
/// module plan every step is, and blocks take from their caches what the plan does not compute. Under a dynamic rule
/// every step is too, and rank 0 decides for each image which of them run the blocks (`DynamicFlow`).
public final class PipelineStage {
    private let context: StageContext
    private let source: any HiddenSource
    private let sink: any HiddenSink
    private let decoding: DecodeStage?
    private let caches: ModuleCaches?
    private let modules: ModuleObserver?
    private let dynamic: DynamicHead?
    private let keeping: TrajectoryKeeper?
    /// Whether the run was saved and ended before its end, since that was wanted.
    public private(set) var isStopped = false
    /// Seconds from the first slot to the end of the last, decoding left out; known when `run` is done.
    public private(set) var denoiseSeconds = 0.0

    /// A stage of a sampling run.
    /// - Parameters:
    ///   - run: what to draw; the same on every rank.
    ///   - initialLatents: [C·H·W] for each image, where not drawn from its seed.
    ///   - returnsLatents: whether final latents are delivered with all pictures.
    ///   - keeping: how trajectories are saved, on all ranks or none; not under a module plan or dynamic rule, whose
    ///     state lies on several ranks.
    ///   - deliver: called on rank 0 with each finished image.
    /// - Throws: `TransportError`, `SchedulerError`.
    public convenience init(
        _ run: RunDescription, stage: LoadedStage, communicator: any Communicator, trace: TraceRecorder,
        initialLatents: [[Float]]? = nil, returnsLatents: Bool = true, keeping: TrajectoryKeeping? = nil,
        deliver: @escaping (FinishedImage) throws -> Void
    ) throws {
        precondition(
            keeping == nil ? run.firstStep == 0 : run.plan.canBeSaved,
            "PipelineStage: \(run.plan.policy) from step \(run.firstStep) on, saved: \(keeping != nil)")
        let context = try StageContext(
            run: run, stage: stage, communicator: communicator, trace: trace, initialLatents: initialLatents)
        try self.init(
            context,
            decoding: try DecodeStage(context, returnsLatents: returnsLatents, deliver: deliver),
            keeping: keeping, observer: nil)
    }

    /// What was decided while sampling: on rank 0, under a dynamic rule.
    public var decisions: DynamicDecisions? { dynamic?.decisions }

    init(
        _ context: StageContext, decoding: DecodeStage?, keeping: TrajectoryKeeping? = nil,
        observer: (any GatherObserver)?, modules: ModuleObserver? = nil
    ) throws {
        self.modules = modules
        self.context = context
        self.decoding = decoding
        caches = ModuleCaches(context)
        let communicator = context.communicator
        let isHead = communicator.rank == 0
        let isTail = communicator.rank == communicator.size - 1
        // What this rank has to do besides, whatever it waits for.
        weak var keeper: TrajectoryKeeper?
        let idle = {
            if try keeper?.work() ?? false { return true }
            return try decoding?.work() ?? false
        }
        if let rule = context.run.plan.dynamic {
            let flow = try DynamicFlow(context, rule, decoding: decoding, idle: idle)
            (source, sink, dynamic) = (flow.source, flow.sink, flow.source as? DynamicHead)
            self.keeping = nil
            return
        }
        self.keeping = try keeping.map { try TrajectoryKeeper(context, $0, idle: idle) }
        keeper = self.keeping
        dynamic = nil
        let local = LocalLatents()
        if isHead {
            let latents: any LatentSource = isTail ? local : try LatentsFromTail(context, idle: idle)
            source = Head(context, source: latents, keeping: self.keeping)
        } else {
            source = try Upstream(context, idle: idle)
        }
        if isTail {
            let latents: any LatentSink = isHead ? local : LatentsToHead(context)
            sink = GatherStage(
                context, latents: latents, decoding: decoding, keeping: self.keeping, observer: observer)
        } else {
            sink = Downstream(context, idle: idle)
        }
    }

    /// Takes this rank through the whole run.
    /// - Parameter progress: called with the number of slots done and of all slots.
    /// - Throws: what the ranks, the weights or the numbers do not allow; then the run cannot go on.
    public func run(progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) throws {
        let schedule = context.schedule
        let communicator = context.communicator
        communicator.isAway = false
        defer { communicator.isAway = true }
        // On all ranks at once, and not by turns as their first hidden states arrive.
        if let first = schedule.first { _ = try context.conditioning(first, step: first.step) }
        let start = ContinuousClock.now
        var finishedImages = context.run.images.count
        for (index, slot) in schedule.enumerated() {
            guard try keeping?.goesInto(slot) ?? true else {
                finishedImages = schedule.images(of: slot.group).lowerBound
                try stop(before: slot)
                break
            }
            let arrival = try source.hidden(for: slot)
            let conditioning = try context.conditioning(slot, step: slot.step)
            let travelling = arrival.travelling.map { context.withRoom($0, for: slot) }
            if let travelling {
                try context.trace.span(.compute, step: slot.step, group: slot.group) {
                    try context.stage.denoiser.runBlocks(
                        travelling.hidden, conditioning,
                        try pass(travelling, slot, after: arrival.blocksDone),
                        afterEach: poll)
                }
            }
            caches?.finish(slot)
            try sink.accept(travelling, of: slot, conditioning)
            _ = try keeping?.work()
            try decoding?.keepUp()
            progress(index + 1, schedule.count)
        }
        denoiseSeconds = (ContinuousClock.now - start).seconds - (decoding?.seconds ?? 0)
        try source.finish()
        try sink.finish()
        try keeping?.finish { try decoding?.work() ?? false }
        try decoding?.finish(below: finishedImages)
        // Only with all ranks here has each withdrawn the receives of what will not come: another run's messages
        // would find them.
        if isStopped { try communicator.barrier() }
    }

    /// What this stage's blocks, but for the first few, do with a slot.
    private func pass(_ travelling: Travelling, _ slot: Slot, after done: Int) throws -> BlockPass {
        var pass = BlockPass(blocks: context.stage.denoiser.share.blocks.dropFirst(done))
        pass.skips = travelling.skips
        pass.modules = caches?.cache(for: slot)
        pass.observe = modules.map { modules in { modules.observe($0, $1, of: $2, slot) } }
        pass.sums = try travelling.sums.map {
            GatedSum(try context.conditioning(slot, step: $0.step), $0.sum)
        }
        return pass
    }

    /// Saves what has been begun and takes what is under way, with the blocks of all earlier rounds done.
    private func stop(before slot: Slot) throws {
        guard let round = context.schedule.round(begunBy: slot) else { return }
        isStopped = true
        try (sink as? GatherStage)?.save(round)
        try (source as? Head)?.discard(round)
    }

    private func poll() throws {
        try source.poll()
        try sink.poll()
    }
}
