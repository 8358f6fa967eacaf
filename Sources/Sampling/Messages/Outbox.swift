import Tensors
import Transport

/// Messages to other ranks that are sent without waiting: a buffer is waited for when it is used again.
final class Outbox {
    private let communicator: any Communicator
    private let depth: Int
    private var underWay: [(buffer: MessageBuffer, transfer: any Transfer)] = []

    /// - Parameter depth: messages under way before the oldest is waited for.
    init(_ communicator: any Communicator, depth: Int) {
        self.communicator = communicator
        self.depth = max(1, depth)
    }

    /// Sends a copy of `payload`, f32.
    func send(_ payload: Tensor, _ envelope: Envelope, to rank: Int) throws(TransportError) {
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
    func finish() throws(TransportError) {
        for message in underWay { try message.transfer.wait() }
        underWay = []
    }

    private func freeBuffer(shape: [Int]) throws(TransportError) -> MessageBuffer {
        guard underWay.count >= depth else { return MessageBuffer(shape: shape) }
        try underWay[0].transfer.wait()
        let oldest = underWay.removeFirst().buffer
        return oldest.payload.shape == shape ? oldest : MessageBuffer(shape: shape)
    }
}
