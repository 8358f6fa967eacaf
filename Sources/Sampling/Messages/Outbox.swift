import RunTrace
import Tensors
import Transport

/// Messages to other ranks that are sent without waiting: all that a rank sends while sampling, each byte of
/// it counted.
final class Outbox {
    private struct Message {
        var buffer: MessageBuffer
        var transfer: any Transfer
        var envelope: Envelope
        var receiver: Int
    }

    private let communicator: any Communicator
    private let trace: TraceRecorder
    private let depth: Int
    private let idle: () throws -> Bool
    private var underWay: [Message] = []
    private var spare = SpareBuffers()

    /// - Parameters:
    ///   - depth: messages under way before the oldest is waited for.
    ///   - idle: called while one is waited for; says whether it found work to do.
    init(
        _ communicator: any Communicator, trace: TraceRecorder, depth: Int,
        idle: @escaping () throws -> Bool = { false }
    ) {
        self.communicator = communicator
        self.trace = trace
        self.depth = max(1, depth)
        self.idle = idle
    }

    /// Whether a message can be sent without waiting for another.
    var hasRoom: Bool { underWay.count < depth }

    /// Sends a copy of `payload`.
    /// - Parameter idle: called in place of the outbox's own.
    func send(
        _ payload: Tensor, _ envelope: Envelope, to rank: Int, idle: (() throws -> Bool)? = nil
    ) throws {
        try send(payload.shape, payload.elementType, envelope, to: rank, idle: idle) {
            $0.copy(from: payload)
        }
    }

    /// Sends a payload of the given shape, which `fill` writes.
    /// - Parameter idle: called in place of the outbox's own.
    func send(
        _ shape: [Int], _ type: ElementType, _ envelope: Envelope, to rank: Int,
        idle: (() throws -> Bool)? = nil, fill: (Tensor) -> Void
    ) throws {
        try poll()
        while !hasRoom {
            try wait(for: underWay[0], idle: idle ?? self.idle)
            try poll()
        }
        let buffer = spare.take(shape, type)
        buffer.header.assign(envelope.floats)
        fill(buffer.payload)
        let transfer = try communicator.send(buffer.bytes, to: rank, tag: envelope.kind.rawValue)
        underWay.append(
            Message(buffer: buffer, transfer: transfer, envelope: envelope, receiver: rank))
        count(buffer, envelope)
    }

    /// Moves messages on, and takes back the memory of those that have left.
    func poll() throws(TransportError) {
        while let oldest = underWay.first, try oldest.transfer.isComplete() {
            spare.keep(underWay.removeFirst().buffer)
        }
    }

    /// Waits until everything has left.
    func finish() throws {
        for message in underWay { try wait(for: message, idle: idle) }
        underWay = []
    }

    private func wait(for message: Message, idle: () throws -> Bool) throws {
        try message.transfer.wait(
            for: "rank \(message.receiver) to take \(message.envelope)", idle: idle)
    }

    private func count(_ message: MessageBuffer, _ envelope: Envelope) {
        var control = message.bytes.byteCount
        if envelope.kind == .activation || envelope.kind == .firstBlock {
            trace.countActivation(bytes: message.payload.byteCount, step: envelope.step)
            control -= message.payload.byteCount
        }
        trace.countControl(bytes: control)
    }
}
