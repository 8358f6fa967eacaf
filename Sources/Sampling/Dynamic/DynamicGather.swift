import CachePlanning
import Checkpoints
import Engines
import Models
import RunTrace
import Tensors

/// What follows the tail's blocks under a dynamic rule.
///
/// A reused slot comes without hidden state; what the blocks would have added is what they added at the image's last
/// computed step, or their prediction is the one of then.
final class DynamicGather: HiddenSink {
    private let context: StageContext
    private let signal: DynamicSignal
    private let latents: any LatentSink
    private let observations: SlotChannel
    private let firstBlocks: SlotChannel?
    private let decoding: DecodeStage?
    private let guidance: GuidanceJoin
    private let hook: OutputHook
    private var groups: [Int: GatherGroup] = [:]
    private var paths: [Int: OutputPath] = [:]
    private var residuals: [RowsKey: Tensor] = [:]
    private let seenNumbers = Tensor(zeros: [StepObservation.count])

    init(
        _ context: StageContext, _ rule: DynamicRule, latents: any LatentSink, observations: SlotChannel,
        firstBlocks: SlotChannel?, decoding: DecodeStage?
    ) {
        self.context = context
        signal = rule.signal
        self.latents = latents
        self.observations = observations
        self.firstBlocks = firstBlocks
        self.decoding = decoding
        hook = OutputHook(context)
        guidance = GuidanceJoin(guidance: context.run.guidance, latents: context.latents)
    }

    func accept(_ travelling: Travelling?, of slot: Slot, _ conditioning: Conditioning) throws {
        let hidden = travelling.map { context.kept(of: $0.hidden, slot) }
        let group = groups[slot.group] ?? GatherGroup(context, slot.group, residualDepth: 1)
        groups[slot.group] = group
        let base = try signal == .outputChange ? nil : embedded(slot, conditioning, group)
        try context.trace.span(hidden == nil ? .reuse : .gather, step: slot.step, group: slot.group) {
            if let behind = completed(hidden, slot, base) {
                group.note(behind, conditioning, of: slot, context)
            }
            if slot.completesStep { try takeStep(slot, isComputed: hidden != nil, group) }
        }
        guard slot.completesStep else { return }
        try passOn(slot, group)
    }

    /// What the blocks that may be reused start from: the embedding, or the first block's output.
    private func embedded(
        _ slot: Slot, _ conditioning: Conditioning, _ group: GatherGroup
    ) throws -> Tensor {
        if let firstBlocks { return try firstBlocks.next(slot) }
        let base = context.kept(for: "embedded", slot)
        context.embed(group.latents, for: slot, conditioning, into: base, keptAlone: true)
        return base
    }

    /// The hidden state behind the last block, computed or made up; none where a prediction is reused instead.
    private func completed(_ hidden: Tensor?, _ slot: Slot, _ base: Tensor?) -> Tensor? {
        guard let base else { return hidden }
        let key = slot.rowsKey
        let residual = residuals[key] ?? Tensor(zeros: base.shape)
        residuals[key] = residual
        guard let hidden else {
            context.stage.engine.add(residual, to: base)
            return base
        }
        context.stage.engine.subtract(hidden, base, into: residual)
        return hidden
    }

    private func takeStep(_ slot: Slot, isComputed: Bool, _ group: GatherGroup) throws {
        // Groups hold one image each.
        let noted = group.takePrediction(probe: 0)
        // Where nothing is noted, the last prediction is the one that is reused.
        if !noted.isEmpty { guidance.join(noted, step: slot.step, into: &group.predictions) }
        guard let prediction = group.predictions.first else {
            preconditionFailure("DynamicGather: step \(slot.step) has nothing to reuse")
        }
        try group.requireFinite(step: slot.step, context)
        paths[slot.group, default: OutputPath()].take(
            latent: group.trajectories[0].latent, output: prediction.output, isComputed: isComputed)
        if isComputed {
            group.trajectories[0].advance(
                slot.step, computed: prediction, shadow: nil, source: .none, through: hook,
                by: context.scheduler)
        } else {
            var corrected = prediction
            group.trajectories[0].correct(&corrected, step: slot.step, through: hook)
            group.trajectories[0].advance(slot.step, corrected: corrected, by: context.scheduler)
        }
        group.updateLatents()
    }

    private func passOn(_ slot: Slot, _ group: GatherGroup) throws {
        let next = slot.step + 1
        guard next < context.run.steps else {
            groups[slot.group] = nil
            paths[slot.group] = nil
            for part in context.schedule.parts.indices {
                residuals[RowsKey(group: slot.group, part: part)] = nil
            }
            try decoding?.offer(image: group.images.lowerBound, latent: group.latents[0])
            return
        }
        let path = paths[slot.group] ?? OutputPath()
        let seen = StepObservation(
            outputChange: path.outputChange, signal: path.expectedChange(at: group.trajectories[0].latent))
        seenNumbers.assign(seen.numbers)
        try observations.send(seenNumbers, of: context.schedule.arrival(of: slot.group, at: next))
        try latents.release(group.latents, group: slot.group, step: next)
    }

    func poll() throws {
        try latents.poll()
        try observations.poll()
        try firstBlocks?.poll()
    }

    func finish() throws {
        try latents.finish()
        try observations.finish()
    }
}
