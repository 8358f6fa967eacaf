import Tensors

/// The ranks of one run, and how one of them reaches the others.
///
/// Point-to-point calls never block: they return a transfer to wait for. Messages between two ranks with
/// one tag arrive in the order sent. Collectives are called by all ranks in the same order. A communicator
/// is used by the one thread that made it.
public protocol Communicator: AnyObject {
    /// This rank, 0 ..< size.
    var rank: Int { get }
    /// Number of ranks.
    var size: Int { get }
    /// The name of the host that this rank runs on.
    var hostName: String { get }
    /// Whether this rank may be silent for long, as at first: it reads a model, plans or writes. The others are told
    /// when it changes, and wait accordingly.
    var isAway: Bool { get set }
    /// Moves outstanding messages on and tells the others that this rank works, for one that computes for long to call
    /// now and then; none where neither needs it. Any thread may call it while the communicator's own thread waits for
    /// that one.
    var progress: (@Sendable () -> Void)? { get }

    /// Starts sending all of `bytes`; they must not be written before the transfer is complete.
    /// - Throws: `TransportError`.
    func send(_ bytes: AlignedBytes, to rank: Int, tag: Int) throws(TransportError) -> any Transfer

    /// Starts receiving a message of exactly `bytes.byteCount` bytes; they must not be touched before the
    /// transfer is complete.
    /// - Throws: `TransportError`.
    func receive(into bytes: AlignedBytes, from rank: Int, tag: Int) throws(TransportError) -> any Transfer

    /// Gives every rank the root's bytes; what the others pass is ignored.
    /// - Throws: `TransportError`.
    func broadcast(_ bytes: [UInt8], from root: Int) throws(TransportError) -> [UInt8]

    /// Gives the root every rank's bytes, in rank order, and the others an empty array. Lengths may differ.
    /// - Throws: `TransportError`.
    func gather(_ bytes: [UInt8], to root: Int) throws(TransportError) -> [[UInt8]]

    /// Returns when every rank has called it.
    /// - Throws: `TransportError`.
    func barrier() throws(TransportError)

    /// The ranks that gave the same colour, 0 or above, as a communicator of their own, in the order of their ranks
    /// here; their messages and collectives do not mix with this one's. A collective.
    /// - Throws: `TransportError`.
    func split(color: Int) throws(TransportError) -> any Communicator
}

extension Communicator {
    /// Does what gives no sign of work and may take long.
    public func away<R>(_ body: () throws -> R) rethrows -> R {
        let wasAway = isAway
        isAway = true
        defer { isAway = wasAway }
        return try body()
    }
}

/// A message under way.
///
/// It keeps its buffer alive, and must be waited for (or seen complete) before it is let go, unless the run
/// is being torn down.
public protocol Transfer: AnyObject {
    /// Whether the buffer may be used again; moves outstanding messages on, and does not block.
    /// - Throws: `TransportError`.
    func isComplete() throws(TransportError) -> Bool

    /// Blocks until the buffer may be used again.
    /// - Throws: `TransportError`.
    func wait() throws(TransportError)

    /// Waits until the buffer may be used again.
    /// - Parameters:
    ///   - what: what is waited for, for the message of a wait that is too long.
    ///   - idle: called meanwhile; says whether it found work to do.
    /// - Throws: `TransportError`, and what `idle` throws.
    func wait(for what: @autoclosure () -> String, idle: () throws -> Bool) throws

    /// Gives up a receive for which no message has been sent; of several from one rank the last one first.
    /// - Throws: `TransportError`.
    func cancel() throws(TransportError)
}
