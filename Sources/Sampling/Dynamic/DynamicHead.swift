import CachePlanning
import Engines
import Models
import RunTrace
import Tensors

/// The start of the pipeline under a dynamic rule, and the one place where it is decided what is computed.
final class DynamicHead: HiddenSource {
    private let context: StageContext
    private let signal: DynamicSignal
    private let latents: any LatentSource
    private let observations: SlotChannel
    private let firstBlocks: SlotChannel?
    private let others: [SlotChannel]
    private var deciders: [Int: DynamicDecider] = [:]
    /// Of each image: what its next signal is compared with.
    private var references: [Int: Tensor] = [:]
    private var current: (latents: Tensor, computes: Bool)?
    private let told = Tensor(zeros: [1])
    private let rule: DynamicRule
    /// What was decided so far.
    private(set) var decisions: DynamicDecisions

    /// - Parameters:
    ///   - observations: what the tail sees.
    ///   - firstBlocks: what the first block makes, to the tail, where the rule asks it.
    ///   - decisions: to each of the other ranks.
    init(
        _ context: StageContext, _ rule: DynamicRule, latents: any LatentSource, observations: SlotChannel,
        firstBlocks: SlotChannel?, decisions: [SlotChannel]
    ) {
        self.context = context
        self.rule = rule
        signal = rule.signal
        self.latents = latents
        self.observations = observations
        self.firstBlocks = firstBlocks
        others = decisions
        self.decisions = DynamicDecisions(images: context.run.images.count, steps: context.run.steps)
    }

    func hidden(for slot: Slot) throws -> Arrival {
        let image = context.schedule.images(of: slot.group).lowerBound
        var seenByTail: Float?
        if slot.part == 0 {
            let start = slot.step == 0 ? context.start(of: slot.group) : try latents.latents(of: slot)
            current = (start, true)
            if slot.step > 0 { seenByTail = try observation(image, slot) }
        }
        guard let current else { preconditionFailure("DynamicHead: part \(slot.part) came before the first") }
        let travelling = context.withRoom(context.start(of: slot), for: slot)
        let conditioning = try context.conditioning(slot, step: slot.step)
        context.embed(current.latents, for: slot, conditioning, into: travelling.hidden)
        let own = try ownSignal(travelling, context.hidden(for: "signal", slot), conditioning, slot, image)
        if slot.part == 0 { try decide(own.change ?? seenByTail, slot, image) }
        guard let computes = self.current?.computes else { return Arrival() }
        if let reference = own.reference, computes || signal == .modulatedInput {
            let kept = references[image] ?? Tensor(zeros: reference.shape)
            kept.copy(from: reference)
            references[image] = kept
        }
        if slot.step == context.run.steps - 1, slot.completesStep { references[image] = nil }
        return Arrival(travelling: computes ? travelling : nil, blocksDone: signal == .firstBlock ? 1 : 0)
    }

    private func observation(_ image: Int, _ slot: Slot) throws -> Float {
        let seen = StepObservation(try observations.next(slot))
        decisions.note(image: image, step: slot.step - 1, outputChange: Double(seen.outputChange))
        return seen.signal
    }

    /// What the head itself sees of a slot, its first row speaking for the image.
    /// - Returns: the change, and what later ones are compared with.
    private func ownSignal(
        _ travelling: Travelling, _ row: Tensor, _ conditioning: Conditioning, _ slot: Slot, _ image: Int
    ) throws -> (change: Float?, reference: Tensor?) {
        let hidden = travelling.hidden
        switch signal {
        case .outputChange: return (nil, nil)
        case .modulatedInput:
            guard slot.part == 0 else { return (nil, nil) }
            context.stage.denoiser.firstInput(hidden, conditioning, into: row)
        case .firstBlock:
            if slot.part == 0 { row.copy(from: hidden) }
            context.trace.span(.compute, step: slot.step, group: slot.group) {
                var pass = BlockPass(blocks: 0..<1)
                pass.skips = travelling.skips
                context.stage.denoiser.runBlocks(hidden, conditioning, pass) {}
            }
            try firstBlocks?.send(context.kept(of: hidden, slot), of: slot)
            guard slot.part == 0 else { return (nil, nil) }
            context.stage.engine.subtract(hidden, row, into: row)
        }
        let seen = row[0]
        return (references[image].map { relativeChange(seen.elements, from: $0.elements) } ?? .nan, seen)
    }

    private func decide(_ change: Float?, _ slot: Slot, _ image: Int) throws {
        var decider = deciders[image] ?? DynamicDecider(rule, steps: context.run.steps)
        let seen = slot.step == 0 ? nil : change.map { Double($0) }
        let computes = decider.computes(step: slot.step, signal: seen)
        deciders[image] = slot.step == context.run.steps - 1 ? nil : decider
        current?.computes = computes
        decisions.note(image: image, step: slot.step, computed: computes, signal: seen)
        told.assign([computes ? 1 : 0])
        for other in others { try other.send(told, of: slot) }
    }

    func poll() throws {
        try latents.poll()
        try observations.poll()
        try firstBlocks?.poll()
        for other in others { try other.poll() }
    }

    func finish() throws {
        try firstBlocks?.finish()
        for other in others { try other.finish() }
    }
}
