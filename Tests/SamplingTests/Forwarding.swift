import Tensors
import Transport

/// A communicator that does what another one does; subclasses change or watch some of it.
class Forwarding: Communicator {
    let base: any Communicator

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
        try base.send(bytes, to: rank, tag: tag)
    }

    func receive(into bytes: AlignedBytes, from rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        try base.receive(into: bytes, from: rank, tag: tag)
    }

    func broadcast(_ bytes: [UInt8], from root: Int) throws(TransportError) -> [UInt8] {
        try base.broadcast(bytes, from: root)
    }

    func gather(_ bytes: [UInt8], to root: Int) throws(TransportError) -> [[UInt8]] {
        try base.gather(bytes, to: root)
    }

    func barrier() throws(TransportError) { try base.barrier() }

    func split(color: Int) throws(TransportError) -> any Communicator { try base.split(color: color) }
}
