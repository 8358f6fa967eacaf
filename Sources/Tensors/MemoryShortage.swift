import Synchronization

/// What happens where the system has no memory left: the process ends, since no part of a run can do without what it asked
/// for.
public enum MemoryShortage {
    private static let ending = Mutex<(@Sendable (_ what: String) -> Never)?>(nil)

    /// Has a function say it and end the process; by default it traps.
    public static func end(by ending: @escaping @Sendable (_ what: String) -> Never) {
        Self.ending.withLock { $0 = ending }
    }

    /// Ends the process.
    /// - Parameter what: what the memory was for, as in "12 MiB of numbers".
    public static func met(for what: String) -> Never {
        let message = "the system has no memory for \(what)"
        if let ending = ending.withLock({ $0 }) { ending(message) }
        preconditionFailure(message)
    }
}
