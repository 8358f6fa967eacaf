import Transport

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

extension Transfer {
    /// Waits until the buffer may be used again.
    /// - Parameter idle: called meanwhile; says whether it found work to do.
    /// - Throws: `TransportError`, and what `idle` throws.
    func wait(idle: () throws -> Bool) throws {
        var pause = Pause()
        while try !isComplete() {
            if try idle() { pause = Pause() } else { pause.take() }
        }
    }
}

/// Waiting that answers quickly at first and then leaves the core to others: ranks may share cores.
struct Pause {
    private var taken = 0

    /// Waits a little; longer when called again.
    mutating func take() {
        taken += 1
        if taken < 100 { sched_yield() } else { usleep(taken < 400 ? 50 : 200) }
    }
}
