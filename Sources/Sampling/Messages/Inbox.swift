import Tensors
import Transport

/// The messages that one rank will send to this one, in the order that both read off the schedule.
///
/// Receives are posted `depth` messages ahead, so that a sender never waits for this rank to ask.
final class Inbox {
    /// A message to come.
    struct Expected {
        var envelope: Envelope
        var shape: [Int]
        var type = ElementType.f32
    }

    private let communicator: any Communicator
    private let sender: Int
    private let count: Int
    private let expected: (Int) -> Expected
    private let depth: Int
    private var posted: [(buffer: MessageBuffer, transfer: any Transfer)] = []
    private var firstPosted = 0
    private var spare = SpareBuffers()
    private var handedOut: MessageBuffer?

    /// - Parameters:
    ///   - count: messages to come in all.
    ///   - depth: receives posted ahead.
    ///   - expected: the message of each number, 0 ..< count. A run may have a billion: it is no list.
    init(
        _ communicator: any Communicator, from sender: Int, count: Int, depth: Int,
        expecting expected: @escaping (Int) -> Expected
    ) throws(TransportError) {
        self.communicator = communicator
        self.sender = sender
        self.count = count
        self.expected = expected
        self.depth = max(1, depth)
        try postAhead()
    }

    /// Messages still to come.
    var remaining: Int { count - firstPosted }

    /// The next message's envelope, if there is one.
    var nextEnvelope: Envelope? { remaining > 0 ? expected(firstPosted).envelope : nil }

    /// Whether the next message is here; moves messages on.
    func isReady() throws(TransportError) -> Bool {
        guard let first = posted.first else { return false }
        return try first.transfer.isComplete()
    }

    /// The next message's numbers, which the caller may change; valid until the next call or `release`.
    /// - Parameter idle: called while there is nothing to receive yet; says whether it found work to do.
    /// - Throws: `TransportError`, and `SamplingError` if the sender is at another place of the schedule.
    func next(idle: () throws -> Bool = { false }) throws -> Tensor {
        try release()
        precondition(!posted.isEmpty, "Inbox: no message is to come from rank \(sender)")
        let envelope = expected(firstPosted).envelope
        try posted[0].transfer.wait(for: "\(envelope), from rank \(sender)", idle: idle)
        let message = posted.removeFirst().buffer
        firstPosted += 1
        handedOut = message
        try envelope.require(message.header, from: sender, communicator)
        return message.payload
    }

    /// Takes the memory of the last message back, for the next to come.
    func release() throws(TransportError) {
        if let handedOut { spare.keep(handedOut) }
        handedOut = nil
        try postAhead()
    }

    /// Gives up the messages still to come, none of which has been sent.
    func close() throws(TransportError) {
        for message in posted.reversed() { try message.transfer.cancel() }
        posted = []
    }

    private func postAhead() throws(TransportError) {
        while posted.count < min(depth, remaining) {
            let message = expected(firstPosted + posted.count)
            let buffer = spare.take(message.shape, message.type)
            let tag = message.envelope.kind.rawValue
            posted.append((buffer, try communicator.receive(into: buffer.bytes, from: sender, tag: tag)))
        }
    }
}
