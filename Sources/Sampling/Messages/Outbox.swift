import Tensors
import Transport

/// Messages to other ranks that are sent without waiting: a buffer is waited for when it is used again.
final class Outbox {
    private let communicator: any Communicator
    private let depth: Int
    private let idle: () throws -> Bool
    private var underWay: [(buffer: MessageBuffer, transfer: any Transfer)] = []

    /// - Parameters:
    ///   - depth: messages under way before the oldest is waited for.
    ///   - idle: called while one is waited for; says whether it found work to do.
    init(_ communicator: any Communicator, depth: Int, idle: @escaping () throws -> Bool = { false }) {
        self.communicator = communicator
        self.depth = max(1, depth)
        self.idle = idle
    }

    /// Sends a copy of `payload`, f32.
    func send(_ payload: Tensor, _ envelope: Envelope, to rank: Int) throws {
        let buffer = try freeBuffer(shape: payload.shape)
        buffer.header.assign(envelope.floats)
        buffer.payload.copy(from: payload)
        let transfer = try communicator.send(buffer.bytes, to: rank, tag: envelope.kind.rawValue)
        underWay.append((buffer, transfer))
    }

    /// Moves messages on.
    func poll() throws(TransportError) {
        if let oldest = underWay.first { _ = try oldest.transfer.isComplete() }
    }

    /// Waits until everything has left.
    func finish() throws {
        for message in underWay { try message.transfer.wait(idle: idle) }
        underWay = []
    }

    private func freeBuffer(shape: [Int]) throws -> MessageBuffer {
        guard underWay.count >= depth else { return MessageBuffer(shape: shape) }
        try underWay[0].transfer.wait(idle: idle)
        let oldest = underWay.removeFirst().buffer
        return oldest.payload.shape == shape ? oldest : MessageBuffer(shape: shape)
    }
}
