import Synchronization

/// Ends the waits of a run in which no rank works any more.
///
/// How long a wait may last nobody can say beforehand: a pipeline may be deep, a picture large, and some ranks rest
/// while others are measured. So it is not waiting that is limited. A rank that works gives signs of it, and a wait is
/// too long when no rank has given one for so long: then one is lost, or all wait for each other.
///
/// A sign is given between pieces of a product or a file, where a wait begins, and where something was found to do
/// meanwhile. Waiting itself gives none, and neither does a rank that stands still in the midst of a piece.
public final class Watchdog: Sendable {
    /// What a rank tells the others.
    public enum Sign: Int, Sendable, CaseIterable {
        /// It works.
        case work = 1
        /// It may be silent for longer from now on.
        case away
        /// It gives signs of work again, or waits.
        case back
        /// It takes the run for lost, and says so: the others need not.
        case lost
    }

    private struct State {
        var lastSign = ContinuousClock.now
        var lastLoss: ContinuousClock.Instant?
        /// What has been seen of the silence while this rank waits.
        var silence = Duration.zero
        var lastLook = ContinuousClock.now
        /// Ranks that may be silent for longer: all until they say otherwise.
        var away: Set<Int>

        mutating func endSilence(_ now: ContinuousClock.Instant) {
            silence = .zero
            lastLook = now
        }
    }

    private let patience: Patience
    private let ranks: Int
    /// From one sign to the next.
    private let interval: Duration
    private let state: Mutex<State>

    /// How long a rank that has told of the loss may take to end the others.
    private static let ending = Duration.seconds(10)
    /// The most that counts from one look to the next: a process that was suspended has not waited.
    private static let longestLook = Duration.milliseconds(500)

    /// A watchdog over so many ranks.
    public init(_ patience: Patience, ranks: Int) {
        self.patience = patience
        self.ranks = ranks
        interval = min(.seconds(5), (patience.limit ?? .seconds(40)) / 8)
        state = Mutex(State(away: Set(0..<ranks)))
    }

    /// Notes that this rank works.
    /// - Returns: whether it is time to tell the others, since no rank has told anything for a while.
    public func noteWork() -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            state.endSilence(now)
            guard now - state.lastSign >= interval else { return false }
            state.lastSign = now
            return true
        }
    }

    /// Notes what a rank tells.
    public func hear(_ sign: Sign, from rank: Int) {
        state.withLock { state in
            let now = ContinuousClock.now
            state.endSilence(now)
            state.lastSign = now
            switch sign {
            case .work: break
            case .away: state.away.insert(rank)
            case .back: state.away.remove(rank)
            case .lost: state.lastLoss = now
            }
        }
    }

    /// Whether this rank has waited for as long as signs are apart.
    public var isSilent: Bool { state.withLock { $0.silence > interval } }

    /// The longest silence for a rank that waits, at this point of the run; nil if none is too long.
    public func limit(for rank: Int) -> Duration? { state.withLock { limit($0, for: rank) } }

    private func limit(_ state: State, for rank: Int) -> Duration? {
        let isAnyAway = state.away.contains { $0 != rank }
        return isAnyAway ? patience.limitAway : patience.limit
    }

    /// To be called now and then by a rank that waits: ends the wait if the silence has been too long.
    ///
    /// The ranks come to that one after another, so that one of them speaks.
    /// - Parameters:
    ///   - rank: the one that waits, among all.
    ///   - name: it in words.
    ///   - what: what is waited for, as in "rank 1 on node2 waited … for (what)".
    /// - Throws: `TransportError`.
    public func check(_ rank: Int, named name: () -> String, for what: () -> String) throws(TransportError) {
        let silence = state.withLock { state -> Duration? in
            guard let limit = limit(state, for: rank) else { return nil }
            let now = ContinuousClock.now
            state.silence += min(now - state.lastLook, Self.longestLook)
            state.lastLook = now
            if let loss = state.lastLoss, now - loss < Self.ending { return nil }
            let turn = min(.milliseconds(250), limit / (4 * ranks)) * rank
            return state.silence > limit + turn ? state.silence : nil
        }
        guard let silence else { return }
        throw TransportError(
            "\(name()) waited \(silence.components.seconds) s for \(what()) without a sign of work from any rank, "
                + "and takes the run for lost: look at the other ranks' hosts and the network between them; if one is "
                + "only slow to read or write, raise --timeout")
    }
}
