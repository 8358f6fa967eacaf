#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Waiting between polls without keeping the core: ranks and their thread pools share cores, and MPI_Wait
/// would spin.
///
/// At first it does not pause, so that a short message costs nothing; then it pauses for an eighth of the idle
/// time so far, between 20 and 300 µs, so that a pause adds little to a wait of any length. A poll that took
/// long has moved bytes, here or for another message, and starts the idle time anew: a large message over TCP
/// is moved by the polls themselves.
public struct Pause {
    private let start: ContinuousClock.Instant
    private var lastMotion: ContinuousClock.Instant
    private var lastTaken: ContinuousClock.Instant

    /// The start of a wait, or of another one after work was found.
    public init() {
        start = .now
        lastMotion = start
        lastTaken = start
    }

    /// Time since the start of the wait, as the last pause saw it.
    public var waited: Duration { lastTaken - start }

    /// To be called after a poll that found nothing.
    public mutating func take() {
        let now = ContinuousClock.now
        if now - lastTaken > .microseconds(10) { lastMotion = now }
        let idle = now - lastMotion
        if idle > .microseconds(50) {
            let length = min(max(idle / 8, .microseconds(20)), .microseconds(300))
            usleep(UInt32(length / .microseconds(1)))
        }
        lastTaken = .now
    }
}

extension Transfer {
    /// A wait without an end, for transfers between ranks that cannot be lost.
    public func wait(for what: @autoclosure () -> String, idle: () throws -> Bool) throws {
        var pause = Pause()
        while try !isComplete() {
            if try idle() { pause = Pause() } else { pause.take() }
        }
    }
}
