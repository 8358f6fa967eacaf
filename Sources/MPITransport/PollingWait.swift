#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Calls `isDone` until it is true, without keeping the core: ranks and their thread pools share cores, and
/// MPI_Wait would spin.
///
/// First it polls without pause, so that a short message costs no pause; then it pauses for an eighth of the
/// idle time so far, between 20 and 300 µs, so that a pause adds little to a wait of any length. A poll that
/// took long has moved bytes, here or for another message, and starts the idle time anew: a large message
/// over TCP is moved by the polls themselves.
func pollUntil<E: Error>(_ isDone: () throws(E) -> Bool) throws(E) {
    let clock = ContinuousClock()
    var before = clock.now
    var lastMotion = before
    while try !isDone() {
        let after = clock.now
        if after - before > .microseconds(10) { lastMotion = after }
        let idle = after - lastMotion
        if idle > .microseconds(50) {
            let pause = min(max(idle / 8, .microseconds(20)), .microseconds(300))
            usleep(UInt32(pause / .microseconds(1)))
        }
        before = clock.now
    }
}
