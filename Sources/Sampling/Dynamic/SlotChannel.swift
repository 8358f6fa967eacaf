import RunTrace
import Tensors
import Transport

/// Small or large numbers that one rank makes for each slot of a schedule and one rank needs, in the schedule's order;
/// both may be the same.
final class SlotChannel {
    private let context: StageContext
    private let kind: Envelope.Kind
    private let receiver: Int
    private let outbox: Outbox?
    private let inbox: Inbox?
    /// Of hidden states.
    private let codec: WireCodec?
    private let idle: () throws -> Bool
    /// What has been sent by this rank to itself.
    private var own: [Tensor] = []
    /// What it has let go, for the next.
    private var spare: [Tensor] = []
    private var handedOut: Tensor?

    /// - Parameters:
    ///   - schedule: a message for each of its slots.
    ///   - shape: of a slot's numbers.
    ///   - idle: called while something is waited for; says whether it found work to do.
    init(
        _ context: StageContext, _ kind: Envelope.Kind, from sender: Int, to receiver: Int,
        _ schedule: Schedule, idle: @escaping () throws -> Bool, shape: @escaping (Slot) -> [Int]
    ) throws(TransportError) {
        self.context = context
        self.kind = kind
        self.receiver = receiver
        self.idle = idle
        let carriesHidden = kind == .firstBlock
        codec = carriesHidden ? WireCodec(context) : nil
        let communicator = context.communicator
        let isSender = communicator.rank == sender && sender != receiver
        outbox =
            isSender ? Outbox(communicator, trace: context.trace, depth: schedule.round, idle: idle) : nil
        guard communicator.rank == receiver, sender != receiver else {
            inbox = nil
            return
        }
        inbox = try Inbox(communicator, from: sender, count: schedule.count, depth: schedule.round) { index in
            let slot = schedule[index]
            return Inbox.Expected(
                envelope: context.envelope(kind, step: slot.step, group: slot.group, part: slot.part),
                shape: shape(slot), type: carriesHidden ? context.run.wire.elementType : .f32)
        }
    }

    /// Sends a copy.
    func send(_ numbers: Tensor, of slot: Slot) throws {
        guard let outbox else {
            let place = spare.firstIndex { $0.shape == numbers.shape }
            let copy = place.map { spare.remove(at: $0) } ?? Tensor(zeros: numbers.shape)
            copy.copy(from: numbers)
            return own.append(copy)
        }
        let envelope = context.envelope(kind, step: slot.step, group: slot.group, part: slot.part)
        try context.trace.span(.send, step: slot.step, group: slot.group) {
            try outbox.send(numbers.shape, codec?.type ?? .f32, envelope, to: receiver) {
                if let codec { codec.encode([numbers], into: $0) } else { $0.copy(from: numbers) }
            }
        }
    }

    /// The next slot's numbers, free to be changed until the next call.
    func next(_ slot: Slot) throws -> Tensor {
        guard let inbox else {
            precondition(!own.isEmpty, "SlotChannel: nothing was sent of step \(slot.step)")
            if let handedOut { spare.append(handedOut) }
            let numbers = own.removeFirst()
            handedOut = numbers
            return numbers
        }
        return try context.trace.span(.wait, step: slot.step, group: slot.group) {
            let numbers = try inbox.next(idle: idle)
            return codec?.decoded(numbers) ?? numbers
        }
    }

    func poll() throws {
        try outbox?.poll()
        _ = try inbox?.isReady()
    }

    func finish() throws {
        try outbox?.finish()
        try inbox?.close()
    }
}
