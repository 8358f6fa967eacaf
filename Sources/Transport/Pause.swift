import Platform

/// Waiting between polls without keeping the core: ranks and their thread pools share cores, and MPI_Wait
/// would spin.
///
/// At first it does not pause, so that a short message costs nothing; then it pauses for an eighth of the idle
/// time so far, between 20 and 300 µs, so that a pause adds little to a wait of any length. A poll that took
/// much longer than another has moved bytes, here or for another message, and starts the idle time anew: a large
/// message over TCP is moved by the polls themselves.
public struct Pause {
    private var lastMotion: ContinuousClock.Instant
    private var lastTaken: ContinuousClock.Instant
    /// The shortest so far: what a poll takes that moves nothing, longer where a rank waits for many.
    private var emptyPoll = Duration.seconds(1)

    /// The start of a wait, or of another one after work was found.
    public init() {
        lastMotion = .now
        lastTaken = lastMotion
    }

    /// To be called after a poll that found nothing.
    public mutating func take() {
        let now = ContinuousClock.now
        let poll = now - lastTaken
        emptyPoll = min(emptyPoll, poll)
        if poll > emptyPoll * 4 + .microseconds(10) { lastMotion = now }
        let idle = now - lastMotion
        if idle > .microseconds(50) {
            let length = min(max(idle / 8, .microseconds(20)), .microseconds(300))
            usleep(UInt32(length / .microseconds(1)))
        }
        lastTaken = .now
    }
}
