import Dispatch
import Synchronization

/// Ranks as threads of one process: the pipeline's tests, and its debugging, without MPI.
///
/// A run that cannot go on (every rank waits for another) throws instead of hanging.
public struct LoopbackCluster: Sendable {
    /// When a send is complete.
    public enum SendMode: Sendable {
        /// At once: the message has been copied.
        case buffered
        /// When its receive has been posted, as MPI's large messages are. The bytes are copied only then,
        /// so that a buffer written too early spoils the message, and a test sees it.
        case synchronous
    }

    private let rankCount: Int
    private let sendMode: SendMode
    private let patience: Patience

    /// A cluster that runs nothing yet.
    /// - Parameters:
    ///   - ranks: how many, 1 or more.
    ///   - patience: how long the run may stand still while a rank is busy with something; endless unless a rank can be
    ///     lost.
    public init(ranks: Int, sendMode: SendMode = .buffered, patience: Patience = .endless) {
        precondition(ranks >= 1, "LoopbackCluster: \(ranks) ranks")
        self.rankCount = ranks
        self.sendMode = sendMode
        self.patience = patience
    }

    /// Runs `body` once per rank, each on its own thread, and returns what they return, in rank order.
    ///
    /// Threads have the stack that the system gives (8 MB under glibc and the usual `ulimit -s`).
    /// - Throws: the error that a rank threw first. The other ranks' transfers and collectives then throw
    ///   `TransportError`s, so that all of them end. Also if a rank returns with transfers still open.
    public func run<R: Sendable>(_ body: @escaping @Sendable (any Communicator) throws -> R) throws -> [R] {
        let exchange = LoopbackExchange(rankCount: rankCount, patience: patience)
        let results = RankResults<R>()
        let threads = DispatchGroup()
        for rank in 0..<rankCount {
            // A serial queue of its own gives each rank a thread even when all of them block.
            DispatchQueue(label: "rank \(rank)").async(group: threads) { [sendMode] in
                do {
                    let communicator = LoopbackRank(rank, exchange, sendMode)
                    let result = try body(communicator)
                    try communicator.checkNothingIsOpen()
                    results.values.withLock { $0[rank] = result }
                    exchange.finish(rank)
                } catch {
                    exchange.fail(rank, error)
                }
            }
        }
        threads.wait()
        if let error = exchange.failure { throw error }
        return results.values.withLock { values in (0..<rankCount).compactMap { values[$0] } }
    }
}

/// What the ranks have returned so far.
private final class RankResults<R: Sendable>: Sendable {
    let values = Mutex<[Int: R]>([:])
}
