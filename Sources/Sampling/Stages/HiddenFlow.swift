import Models
import RunTrace
import Tensors
import Transport

/// A slot's hidden state as it comes to a stage.
struct Arrival {
    /// What travels of the slot, free to be changed until the next slot's; none where the slot is reused.
    var travelling: Travelling?
    /// So many of this stage's blocks it has been through already.
    var blocksDone = 0
}

/// Where a stage's hidden states come from: the embedding on the head, the stage before elsewhere.
protocol HiddenSource: AnyObject {
    /// The slot's hidden state.
    func hidden(for slot: Slot) throws -> Arrival
    /// Moves messages on.
    func poll() throws
    /// Returns when nothing is under way any more.
    func finish() throws
}

/// Where a stage's hidden states go: the gather stage on the tail, the stage behind elsewhere.
protocol HiddenSink: AnyObject {
    /// Takes what travels of the slot as it is behind this stage's blocks; none where the slot is reused.
    func accept(_ travelling: Travelling?, of slot: Slot, _ conditioning: Conditioning) throws
    /// Moves messages on.
    func poll() throws
    /// Returns when nothing is under way any more.
    func finish() throws
}

/// The stage before this one, on another rank.
final class Upstream: HiddenSource {
    private let context: StageContext
    private let inbox: Inbox
    private let cut: Cut
    private let codec: WireCodec
    private let idle: () throws -> Bool

    init(_ context: StageContext, idle: @escaping () throws -> Bool) throws(TransportError) {
        self.context = context
        self.idle = idle
        codec = WireCodec(context)
        let cut = Cut(context, before: context.stage.denoiser.share.blocks.lowerBound)
        self.cut = cut
        inbox = try Inbox(
            context.communicator, from: context.communicator.rank - 1, count: context.schedule.count,
            depth: context.schedule.round
        ) { index in
            let slot = context.schedule[index]
            return Inbox.Expected(
                envelope: context.envelope(.activation, step: slot.step, group: slot.group, part: slot.part),
                shape: cut.shape(of: slot), type: context.run.wire.elementType)
        }
    }

    func hidden(for slot: Slot) throws -> Arrival {
        try context.trace.span(.wait, step: slot.step, group: slot.group) {
            Arrival(travelling: cut.travelling(in: codec.decoded(try inbox.next(idle: idle)), of: slot))
        }
    }

    func poll() throws { _ = try inbox.isReady() }
    func finish() throws { try inbox.close() }
}

/// The stage behind this one, on another rank.
final class Downstream: HiddenSink {
    private let context: StageContext
    private let outbox: Outbox
    private let cut: Cut
    private let codec: WireCodec

    /// - Parameter idle: sees to finished images while the stage behind is not ready. Without it the ranks could
    ///   wait in a circle: this one for the stage behind, that one for rank 0 to take its pictures.
    init(_ context: StageContext, idle: @escaping () throws -> Bool) {
        self.context = context
        codec = WireCodec(context)
        cut = Cut(context, before: context.stage.denoiser.share.blocks.upperBound)
        outbox = Outbox(
            context.communicator, trace: context.trace, depth: context.schedule.round, idle: idle)
    }

    func accept(_ travelling: Travelling?, of slot: Slot, _ conditioning: Conditioning) throws {
        guard let travelling else { return }
        let envelope = context.envelope(.activation, step: slot.step, group: slot.group, part: slot.part)
        try context.trace.span(.send, step: slot.step, group: slot.group) {
            try outbox.send(cut.shape(of: slot), codec.type, envelope, to: context.communicator.rank + 1) {
                codec.encode(cut.pieces(of: travelling), into: $0)
            }
        }
    }

    func poll() throws { try outbox.poll() }
    func finish() throws { try outbox.finish() }
}
