public import Checkpoints
import Tensors
public import Transport

/// Gives other ranks the weights that they have asked for, while rank 0 loads its own.
///
/// It never waits before `finish`, and the others wait for it alone, so no circle of ranks can wait for each
/// other. However many ranks ask, two pieces are in memory at once.
public final class WeightServer {
    private struct Client {
        let rank: Int
        let share: WeightShare
        var next = 0
    }

    /// Beyond the kinds of messages that carry envelopes.
    static let tag = 1000
    static let mostPiecesUnderWay = 2

    private let communicator: any Communicator
    /// Those to whom pieces are still to be sent, the one whose turn is next in front.
    private var clients: [Client]
    private var underWay: [(transfer: any Transfer, message: AlignedBytes, receiver: Int)] = []
    private var spare: [AlignedBytes] = []
    private var failure: (any Error)?

    /// A server of the given shares, by rank.
    public init(_ shares: [Int: WeightShare], communicator: any Communicator) {
        self.communicator = communicator
        clients = shares.sorted { $0.key < $1.key }.filter { $0.value.pieceCount > 0 }
            .map { Client(rank: $0.key, share: $0.value) }
    }

    /// Moves messages on, to be called between pieces of other work; what fails is thrown by `finish`.
    public func serve() {
        guard failure == nil else { return }
        do { _ = try moveOn() } catch { failure = error }
    }

    /// Returns when all pieces have been received.
    /// - Throws: `ReadError` for a model that cannot be read, `TransportError`.
    public func finish() throws {
        if let failure { throw failure }
        _ = try moveOn()
        while let oldest = underWay.first {
            try oldest.transfer.wait(for: "rank \(oldest.receiver) to take its weights", idle: moveOn)
            _ = try moveOn()
        }
    }

    /// Whether there was anything to do.
    private func moveOn() throws -> Bool {
        var isIdle = true
        for index in underWay.indices.reversed() where try underWay[index].transfer.isComplete() {
            spare.append(underWay.remove(at: index).message)
            isIdle = false
        }
        while underWay.count < Self.mostPiecesUnderWay, !clients.isEmpty {
            var client = clients.removeFirst()
            let message = memory(client.share.messageByteCount(of: client.next))
            try client.share.read(client.next, into: message)
            let transfer = try communicator.send(message, to: client.rank, tag: Self.tag)
            underWay.append((transfer, message, client.rank))
            client.next += 1
            if client.next < client.share.pieceCount { clients.append(client) }
            isIdle = false
        }
        return !isIdle
    }

    private func memory(_ byteCount: Int) -> AlignedBytes {
        if let index = spare.firstIndex(where: { $0.byteCount == byteCount }) {
            return spare.remove(at: index)
        }
        // The last piece of a share is shorter: its memory replaces another's.
        spare = []
        return AlignedBytes(byteCount: byteCount)
    }
}
