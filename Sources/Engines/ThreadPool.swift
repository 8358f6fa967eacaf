import Dispatch

/// The threads of one rank.
public struct ThreadPool: Sendable {
    /// How many of them work at once.
    public let threads: Int

    /// A pool of the given width.
    public init(threads: Int) {
        precondition(threads > 0, "ThreadPool: \(threads) threads")
        self.threads = threads
    }
}
