import Dispatch
import Synchronization

/// What the ranks of a loopback cluster share: the messages under way, and who waits for what.
///
/// Only values cross between threads. A rank copies out of its own buffers and into them on its own
/// thread, as MPI without a progress thread does, so that no memory is ever shared.
final class LoopbackExchange: Sendable {
    /// The messages of one sender to one receiver under one tag, within one communicator.
    struct Channel: Hashable {
        /// How the communicator came to be: empty for all ranks, then a number and a colour for each split.
        let splits: [Int]
        let source: Int
        let target: Int
        let tag: Int
    }

    /// One message: the n-th send of a channel and the n-th receive.
    struct MessageKey: Hashable {
        let channel: Channel
        let sequence: Int
    }

    /// How far a message is.
    struct Message {
        var isExpected = false
        var payload: [UInt8]?
    }

    struct State {
        var messages: [MessageKey: Message] = [:]
        var sendCounts: [Channel: Int] = [:]
        var receiveCounts: [Channel: Int] = [:]
        /// What each sleeping rank waits for; nil while it runs.
        var waits: [String?]
        /// Whether something has changed for a rank since it last looked.
        var hasNews: [Bool]
        var isFinished: [Bool]
        var failure: (any Error)?
        var failureText: String?
    }

    private enum Step { case again, sleep, failed(String) }

    let rankCount: Int
    /// One for all ranks.
    let watchdog: Watchdog
    private let state: Mutex<State>
    private let bells: [DispatchSemaphore]

    init(rankCount: Int, patience: Patience = .endless) {
        self.rankCount = rankCount
        watchdog = Watchdog(patience, ranks: rankCount)
        bells = (0..<rankCount).map { _ in DispatchSemaphore(value: 0) }
        state = Mutex(
            State(
                waits: Array(repeating: nil, count: rankCount),
                hasNews: Array(repeating: false, count: rankCount),
                isFinished: Array(repeating: false, count: rankCount)))
    }

    /// The error that a rank failed with first, if any did.
    var failure: (any Error)? { state.withLock { $0.failure } }

    /// Takes the next place of `channel` for a send, with the payload if that may leave already.
    func announceSend(_ channel: Channel, payload: [UInt8]?) throws(TransportError) -> MessageKey {
        try change { state in
            let key = MessageKey(channel: channel, sequence: state.sendCounts[channel, default: 0])
            state.sendCounts[channel] = key.sequence + 1
            if let payload {
                state.messages[key, default: Message()].payload = payload
                wake(channel.target, &state)
            }
            return key
        }
    }

    /// Takes the next place of `channel` for a receive.
    func announceReceive(_ channel: Channel) throws(TransportError) -> MessageKey {
        try change { state in
            let key = MessageKey(channel: channel, sequence: state.receiveCounts[channel, default: 0])
            state.receiveCounts[channel] = key.sequence + 1
            state.messages[key, default: Message()].isExpected = true
            wake(channel.source, &state)
            return key
        }
    }

    /// Gives back the last place of a channel, for which no message has been sent.
    func withdrawReceive(_ key: MessageKey) {
        state.withLock { state in
            precondition(
                state.receiveCounts[key.channel] == key.sequence + 1 && state.messages[key]?.payload == nil,
                "receive \(key.sequence) of tag \(key.channel.tag) is not the last, or its message is here")
            state.messages[key] = nil
            state.receiveCounts[key.channel] = key.sequence
        }
    }

    /// Whether the receive that belongs to a send has been posted.
    func isExpected(_ key: MessageKey) -> Bool {
        state.withLock { $0.messages[key]?.isExpected ?? false }
    }

    /// Hands over the payload of a send that had to wait for its receive.
    func deliver(_ key: MessageKey, _ payload: [UInt8]) {
        state.withLock { state in
            state.messages[key, default: Message()].payload = payload
            wake(key.channel.target, &state)
        }
    }

    /// Removes and returns a message's payload if it has arrived.
    func take(_ key: MessageKey) throws(TransportError) -> [UInt8]? {
        let payload = state.withLock { state -> [UInt8]? in
            guard let payload = state.messages[key]?.payload else { return nil }
            state.messages[key] = nil
            return payload
        }
        if payload == nil { try checkAlive() }
        return payload
    }

    /// Throws once a rank has failed.
    func checkAlive() throws(TransportError) {
        if let text = state.withLock({ $0.failureText }) { throw TransportError(text) }
    }

    /// Blocks `rank`, which waits, until there may be something new for it.
    ///
    /// When every rank that still runs sleeps, nothing can wake them: that is a failure which names what
    /// each waits for, rather than a run that hangs.
    func awaitNews(_ rank: Int, _ what: () -> String) throws(TransportError) {
        try watchdog.check(rank, named: { "rank \(rank)" }, for: what)
        let step = state.withLock { state -> Step in
            if let text = state.failureText { return .failed(text) }
            if state.hasNews[rank] {
                state.hasNews[rank] = false
                return .again
            }
            state.waits[rank] = what()
            failIfDeadlocked(&state)
            return .sleep
        }
        switch step {
        case .again: return
        case .failed(let text): throw TransportError(text)
        case .sleep: sleep(rank)
        }
    }

    /// Until there is news, or it is time to look whether the silence has been too long.
    private func sleep(_ rank: Int) {
        guard watchdog.limit(for: rank) != nil else { return bells[rank].wait() }
        if bells[rank].wait(timeout: .now() + .milliseconds(10)) == .success { return }
        let hasRung = state.withLock { state in
            defer { state.waits[rank] = nil }
            return state.waits[rank] == nil
        }
        if hasRung { bells[rank].wait() }
    }

    /// Notes that a rank has returned.
    func finish(_ rank: Int) {
        state.withLock { state in
            state.isFinished[rank] = true
            failIfDeadlocked(&state)
        }
    }

    /// Notes that a rank has thrown, and wakes the others.
    func fail(_ rank: Int, _ error: any Error) {
        state.withLock { state in
            state.isFinished[rank] = true
            fail(error, "rank \(rank) failed: \(error)", &state)
        }
    }

    private func change<R: Sendable>(_ body: (inout State) -> R) throws(TransportError) -> R {
        try checkAlive()
        return state.withLock { body(&$0) }
    }

    private func wake(_ rank: Int, _ state: inout State) {
        state.hasNews[rank] = true
        guard state.waits[rank] != nil else { return }
        state.waits[rank] = nil
        bells[rank].signal()
    }

    private func fail(_ error: any Error, _ text: String, _ state: inout State) {
        guard state.failure == nil else { return }
        state.failure = error
        state.failureText = text
        for rank in 0..<rankCount { wake(rank, &state) }
    }

    private func failIfDeadlocked(_ state: inout State) {
        let running = (0..<rankCount).filter { !state.isFinished[$0] }
        let waits = running.compactMap { rank in state.waits[rank].map { "rank \(rank) for \($0)" } }
        guard !running.isEmpty, waits.count == running.count else { return }
        let text = "deadlock, every rank still running waits: " + waits.joined(separator: "; ")
        fail(TransportError(text), text, &state)
    }
}
