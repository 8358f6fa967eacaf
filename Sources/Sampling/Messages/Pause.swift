#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Waiting that answers quickly at first and then leaves the core to others: ranks may share cores.
struct Pause {
    private var taken = 0

    /// Waits a little; longer when called again.
    mutating func take() {
        taken += 1
        if taken < 100 { sched_yield() } else { usleep(taken < 400 ? 50 : 200) }
    }
}
