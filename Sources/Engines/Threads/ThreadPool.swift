import Synchronization

/// The threads of one rank.
public struct ThreadPool: Sendable {
    /// How many of them work at once: fewer than asked for where the system refuses more.
    public var threads: Int { 1 + workers.count }
    private let workers: Workers
    private let betweenPieces: (@Sendable () -> Void)?

    /// A pool of the given width, the caller's thread among them.
    /// - Parameter betweenPieces: called after a piece of work, on the caller's thread.
    public init(threads: Int, betweenPieces: (@Sendable () -> Void)? = nil) {
        precondition(threads > 0, "ThreadPool: \(threads) threads")
        workers = Workers(threads - 1)
        self.betweenPieces = betweenPieces
    }

    /// Calls `body` once with every index below `count`, on up to `threads` threads, and waits for all.
    ///
    /// Which thread takes which index is left to chance, so a body must write to places of its index only.
    /// Indices are handed out in rising order. With one index or one thread nothing leaves the caller.
    public func forEach(_ count: Int, _ body: (Int) -> Void) {
        forEach(count) { index, _ in body(index) }
    }

    /// As above; `body` also gets a number below `threads` that no other call has at the same time.
    func forEach(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
        let width = min(threads, count)
        guard width > 1 else {
            for index in 0..<max(0, count) {
                body(index, 0)
                betweenPieces?()
            }
            return
        }
        let next = Atomic<Int>(0)
        workers.perform(width: width) { worker in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                body(index, worker)
                if worker == 0 { betweenPieces?() }
            }
        }
    }

    /// Calls `body` with consecutive parts of `0..<count` that are `length` long, the last one perhaps shorter.
    func forEachPart(of count: Int, length: Int, _ body: (Range<Int>) -> Void) {
        forEach((count + length - 1) / length) { index in
            body(index * length..<min(count, (index + 1) * length))
        }
    }
}
