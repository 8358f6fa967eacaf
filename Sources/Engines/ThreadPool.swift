import Dispatch
import Synchronization

/// The threads of one rank.
public struct ThreadPool: Sendable {
    /// How many of them work at once.
    public let threads: Int

    /// A pool of the given width.
    public init(threads: Int) {
        precondition(threads > 0, "ThreadPool: \(threads) threads")
        self.threads = threads
    }

    /// Calls `body` once with every index below `count`, on up to `threads` threads, and waits for all.
    ///
    /// Which thread takes which index is left to chance, so a body must write to places of its index only.
    /// Indices are handed out in rising order. With one index or one thread nothing leaves the caller.
    public func forEach(_ count: Int, _ body: (Int) -> Void) {
        let width = min(threads, count)
        guard width > 1 else {
            for index in 0..<max(0, count) { body(index) }
            return
        }
        let next = Atomic<Int>(0)
        withoutActuallyEscaping(body) { body in
            // Safe: `concurrentPerform` returns after the last call, and bodies of different indices write to
            // different places.
            nonisolated(unsafe) let body = body
            DispatchQueue.concurrentPerform(iterations: width) { _ in
                while true {
                    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard index < count else { return }
                    body(index)
                }
            }
        }
    }
}
