internal import COpenMPI
import Dispatch
import Synchronization
import Transport

/// Moves messages on while this rank computes, and keeps the signs of work that ranks give each other.
///
/// Open MPI 4.1 moves a message over TCP only inside of calls to it, and a large one needs several: its sender asks,
/// its receiver answers, its pieces follow as the socket takes them. A rank that looks after its messages between two
/// blocks alone would leave the link idle for as long as a block takes. So its engines make a call now and then, between
/// two pieces of a product. (A thread that wakes to make it costs the rank's core two changes of context each time:
/// about 4 % of a run.) That call asks for signs, which are empty messages whose tag says what they tell.
///
/// MPI is initialised for calls of several threads, one at a time: an engine calls from one of its threads only, while
/// the rank's own thread waits for them.
final class MPIProgress: Sendable {
    /// The least time from one call to the next; the socket's buffers hold more than passes meanwhile.
    private static let intervalNanoseconds: UInt64 = 1_000_000

    let transfersUnderWay = Atomic<Int>(0)
    private let lastCall = Atomic<UInt64>(0)
    private let away = Atomic(true)
    /// Whether the others have been told that it waits, and is not away meanwhile.
    private let hasToldOfWait = Atomic(false)
    private let rank: Int
    private let size: Int
    private let watchdog: Watchdog
    private let isEndless: Bool
    // Safe: a handle that does not change; MPI is called by one thread at a time.
    nonisolated(unsafe) private let signs: MPI_Comm?

    /// - Parameter signs: all ranks, with no messages but signs.
    init(rank: Int, size: Int, patience: Patience, signs: MPI_Comm?) {
        self.rank = rank
        self.size = size
        self.signs = signs
        isEndless = patience == .endless
        watchdog = Watchdog(patience, ranks: size)
    }

    /// Notes that a transfer has begun.
    func begin() { transfersUnderWay.add(1, ordering: .relaxed) }

    /// Notes that a transfer is over.
    func end() { transfersUnderWay.subtract(1, ordering: .relaxed) }

    /// Called now and then by a rank that computes: makes a call if the last one is a while ago and there is a reason to.
    func poll() {
        guard isTime() else { return }
        let isDue = !isEndless && watchdog.noteWork()
        if isDue { tell(.work) }
        if isDue || transfersUnderWay.load(ordering: .relaxed) > 0 { hear() }
    }

    /// Called where a wait begins, or has found something to do: the rank has come on.
    func comeOn() {
        if !isEndless, watchdog.noteWork() { tell(.work) }
    }

    /// Called by a rank that waits.
    /// - Throws: `TransportError` if there has been no sign of work for too long.
    func check(named name: () -> String, for what: () -> String) throws(TransportError) {
        if isEndless { return }
        if isTime() { hear() }
        if isAway, watchdog.isSilent, !hasToldOfWait.exchange(true, ordering: .relaxed) { tell(.back) }
        do {
            try watchdog.check(rank, named: name, for: what)
        } catch {
            tell(.lost)
            throw error
        }
    }

    /// Called where a wait is over.
    func endWait() {
        if hasToldOfWait.exchange(false, ordering: .relaxed), isAway { tell(.away) }
    }

    /// Whether this rank may be silent for long.
    var isAway: Bool {
        get { away.load(ordering: .relaxed) }
        set {
            guard away.exchange(newValue, ordering: .relaxed) != newValue, !isEndless else { return }
            tell(newValue ? .away : .back)
        }
    }

    private func isTime() -> Bool {
        let now = DispatchTime.now().uptimeNanoseconds
        guard now &- lastCall.load(ordering: .relaxed) > Self.intervalNanoseconds else { return false }
        lastCall.store(now, ordering: .relaxed)
        return true
    }

    // What goes wrong with a sign, the rank's own next call says.

    private func tell(_ sign: Watchdog.Sign) {
        for other in 0..<size where other != rank {
            var request: MPI_Request?
            let code = MPI_Isend(nil, 0, COpenMPI_byte(), Int32(other), Int32(sign.rawValue), signs, &request)
            if code == MPI_SUCCESS { _ = MPI_Request_free(&request) }
        }
    }

    private func hear() {
        var (found, status) = (Int32(0), MPI_Status())
        while MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, signs, &found, &status) == MPI_SUCCESS, found != 0 {
            let (source, tag) = (status.MPI_SOURCE, status.MPI_TAG)
            guard MPI_Recv(nil, 0, COpenMPI_byte(), source, tag, signs, &status) == MPI_SUCCESS else {
                return
            }
            if let sign = Watchdog.Sign(rawValue: Int(tag)) { watchdog.hear(sign, from: Int(source)) }
        }
    }
}
