import RunTrace
import Tensors
import Transport

/// How the head gets the latents of a group's next computed step.
protocol LatentSource: AnyObject {
    /// The group's latents [g, C, H, W] at a computed step that is not the first.
    func latents(of slot: Slot) throws -> Tensor
    /// Moves messages on.
    func poll() throws
    /// Called when no more latents are to come.
    func finish() throws
}

/// How the tail gives them.
protocol LatentSink: AnyObject {
    /// Takes the group's latents [g, C, H, W] as they are before a computed step.
    func release(_ latents: Tensor, group: Int, step: Int) throws
    /// Moves messages on.
    func poll() throws
    /// Returns when nothing is under way any more.
    func finish() throws
}

/// Head and tail on the same rank.
final class LocalLatents: LatentSource, LatentSink {
    private var ready: [Int: Tensor] = [:]

    func latents(of slot: Slot) throws -> Tensor {
        guard let latents = ready.removeValue(forKey: slot.group) else {
            preconditionFailure("LocalLatents: step \(slot.step) of group \(slot.group) was not released")
        }
        return latents
    }

    func release(_ latents: Tensor, group: Int, step: Int) { ready[group] = latents }
    func poll() {}
    func finish() {}
}

/// The tail on another rank, as the head sees it.
final class LatentsFromTail: LatentSource {
    private let context: StageContext
    private let inbox: Inbox
    private let idle: () throws -> Bool

    init(_ context: StageContext, idle: @escaping () throws -> Bool) throws(TransportError) {
        self.context = context
        self.idle = idle
        let returns = context.schedule.returns
        inbox = try Inbox(
            context.communicator, from: context.communicator.size - 1, count: returns.count,
            depth: returns.round
        ) { index in
            let slot = returns[index]
            return Inbox.Expected(
                envelope: context.envelope(.latents, step: slot.step, group: slot.group),
                shape: [returns.images(of: slot.group).count] + context.latentShape)
        }
    }

    func latents(of slot: Slot) throws -> Tensor {
        try context.trace.span(.wait, step: slot.step, group: slot.group) { try inbox.next(idle: idle) }
    }

    func poll() throws { _ = try inbox.isReady() }
    func finish() throws { try inbox.close() }
}

/// The head on another rank, as the tail sees it.
final class LatentsToHead: LatentSink {
    private let context: StageContext
    private let outbox: Outbox

    init(_ context: StageContext) {
        self.context = context
        outbox = Outbox(context.communicator, trace: context.trace, depth: context.schedule.round)
    }

    func release(_ latents: Tensor, group: Int, step: Int) throws {
        try outbox.send(latents, context.envelope(.latents, step: step, group: group), to: 0)
    }

    func poll() throws { try outbox.poll() }
    func finish() throws { try outbox.finish() }
}
