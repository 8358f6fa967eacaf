import Tensors

/// The communicator of a run without MPI: one rank, on the caller's thread.
///
/// Collectives return what they are given. A message to itself works; waiting for one that was never sent
/// throws.
public final class SingleRank: Communicator {
    private let only: LoopbackRank

    /// A world of one.
    public init() { only = LoopbackRank(0, LoopbackExchange(rankCount: 1), .buffered) }

    /// Always 0.
    public var rank: Int { 0 }
    /// Always 1.
    public var size: Int { 1 }
    /// The name of this host.
    public var hostName: String { only.hostName }

    /// There is nobody to tell.
    public var isAway = true
    /// None: there are no messages that need help, and nobody to tell.
    public var progress: (@Sendable () -> Void)? { nil }

    /// See `Communicator`.
    public func send(_ bytes: AlignedBytes, to rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        try only.send(bytes, to: rank, tag: tag)
    }

    /// See `Communicator`.
    public func receive(
        into bytes: AlignedBytes, from rank: Int, tag: Int
    ) throws(TransportError) -> any Transfer {
        try only.receive(into: bytes, from: rank, tag: tag)
    }

    /// See `Communicator`.
    public func broadcast(_ bytes: [UInt8], from root: Int) throws(TransportError) -> [UInt8] {
        try only.broadcast(bytes, from: root)
    }

    /// See `Communicator`.
    public func gather(_ bytes: [UInt8], to root: Int) throws(TransportError) -> [[UInt8]] {
        try only.gather(bytes, to: root)
    }

    /// See `Communicator`.
    public func barrier() throws(TransportError) { try only.barrier() }

    /// See `Communicator`.
    public func split(color: Int) throws(TransportError) -> any Communicator { try only.split(color: color) }
}
