import Tensors
import Transport

/// A communicator that notes what its rank sends, and what it has room for.
final class SendRecorder: Communicator {
    private let base: any Communicator
    /// Bytes of all messages sent.
    private(set) var sentBytes = 0
    /// The memory that they were sent from, each piece once.
    private(set) var buffers: [AlignedBytes] = []
    /// Bytes of all messages that it has posted receives of.
    private(set) var postedBytes = 0

    init(_ base: any Communicator) { self.base = base }

    var rank: Int { base.rank }
    var size: Int { base.size }
    var hostName: String { base.hostName }
    var progress: (@Sendable () -> Void)? { base.progress }
    var isAway: Bool {
        get { base.isAway }
        set { base.isAway = newValue }
    }

    func send(_ bytes: AlignedBytes, to rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        sentBytes += bytes.byteCount
        if !buffers.contains(where: { $0 === bytes }) { buffers.append(bytes) }
        return try base.send(bytes, to: rank, tag: tag)
    }

    func receive(into bytes: AlignedBytes, from rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        postedBytes += bytes.byteCount
        return try base.receive(into: bytes, from: rank, tag: tag)
    }

    func broadcast(_ bytes: [UInt8], from root: Int) throws(TransportError) -> [UInt8] {
        try base.broadcast(bytes, from: root)
    }

    func gather(_ bytes: [UInt8], to root: Int) throws(TransportError) -> [[UInt8]] {
        try base.gather(bytes, to: root)
    }

    func barrier() throws(TransportError) { try base.barrier() }

    func split(color: Int) throws(TransportError) -> any Communicator {
        SendRecorder(try base.split(color: color))
    }
}
