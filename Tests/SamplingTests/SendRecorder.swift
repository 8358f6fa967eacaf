import Tensors
import Transport

/// A communicator that notes what its rank sends, and what it has room for.
final class SendRecorder: Forwarding {
    /// Bytes of all messages sent.
    private(set) var sentBytes = 0
    /// The memory that they were sent from, each piece once.
    private(set) var buffers: [AlignedBytes] = []
    /// Bytes of all messages that it has posted receives of.
    private(set) var postedBytes = 0

    override func send(_ bytes: AlignedBytes, to rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        sentBytes += bytes.byteCount
        if !buffers.contains(where: { $0 === bytes }) { buffers.append(bytes) }
        return try super.send(bytes, to: rank, tag: tag)
    }

    override func receive(
        into bytes: AlignedBytes, from rank: Int, tag: Int
    ) throws(TransportError) -> any Transfer {
        postedBytes += bytes.byteCount
        return try super.receive(into: bytes, from: rank, tag: tag)
    }

    override func split(color: Int) throws(TransportError) -> any Communicator {
        SendRecorder(try base.split(color: color))
    }
}
