public import Checkpoints
public import Tensors
public import Transport

/// The other end of a `WeightServer`: a rank's pieces in their order, two of them in memory at once.
public final class WeightDelivery {
    private let share: WeightShare
    private let communicator: any Communicator
    private var posted: [(transfer: any Transfer, message: AlignedBytes)] = []
    private var postedCount = 0
    /// The piece that was handed out last.
    private var current: AlignedBytes?

    /// Asks for the first two pieces.
    /// - Throws: `TransportError`.
    public init(_ share: WeightShare, communicator: any Communicator) throws(TransportError) {
        self.share = share
        self.communicator = communicator
        for _ in 0..<WeightServer.mostPiecesUnderWay { try post(nil) }
    }

    /// The message of the next piece; the one before is overwritten.
    /// - Throws: `TransportError`.
    public func next() throws(TransportError) -> AlignedBytes {
        if let current { try post(current) }
        precondition(!posted.isEmpty, "WeightDelivery: more than \(share.pieceCount) pieces were asked for")
        let (transfer, message) = posted.removeFirst()
        try transfer.wait()
        current = message
        return message
    }

    private func post(_ spare: AlignedBytes?) throws(TransportError) {
        guard postedCount < share.pieceCount else { return }
        let byteCount = share.messageByteCount(of: postedCount)
        let message =
            spare.flatMap { $0.byteCount == byteCount ? $0 : nil } ?? AlignedBytes(byteCount: byteCount)
        let transfer = try communicator.receive(into: message, from: 0, tag: WeightServer.tag)
        posted.append((transfer, message))
        postedCount += 1
    }
}
