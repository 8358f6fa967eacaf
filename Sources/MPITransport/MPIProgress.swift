internal import COpenMPI
import Dispatch
import Synchronization

/// Moves messages on while this rank computes.
///
/// Open MPI 4.1 moves a message over TCP only inside of calls to it, and a large one needs several: its sender asks,
/// its receiver answers, its pieces follow as the socket takes them. A rank that looks after its messages between two
/// blocks alone would leave the link idle for as long as a block takes. So a timer makes a call now and then.
///
/// MPI is initialised for calls of several threads, one at a time: `calling` sees to that.
final class MPIProgress: Sendable {
    /// The time from one call to the next; the socket's buffers are filled again long before they are empty.
    private static let interval = DispatchTimeInterval.milliseconds(2)
    /// A tag that no message has: tags are kinds of messages, which are few.
    private static let unusedTag: Int32 = 32_766

    private let turn = Mutex(())
    private let transfersUnderWay = Atomic<Int>(0)
    // Safe: set up in the initialiser, and only ended after.
    nonisolated(unsafe) private let timer: any DispatchSourceTimer

    init() {
        timer = DispatchSource.makeTimerSource(
            queue: DispatchQueue(label: "MPI progress", qos: .userInteractive))
        timer.setEventHandler { [weak self] in self?.poll() }
        timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval, leeway: .microseconds(500))
        timer.activate()
    }

    /// Makes calls to MPI, while no other thread does.
    func calling<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        try turn.withLock { (_) throws(E) in try body() }
    }

    /// Notes that a transfer has begun.
    func begin() { transfersUnderWay.add(1, ordering: .relaxed) }

    /// Notes that a transfer is over.
    func end() { transfersUnderWay.subtract(1, ordering: .relaxed) }

    /// Makes no call after this one returns.
    func stop() { calling { timer.cancel() } }

    private func poll() {
        guard transfersUnderWay.load(ordering: .relaxed) > 0 else { return }
        calling {
            guard !timer.isCancelled else { return }
            var found: Int32 = 0
            var status = MPI_Status()
            // What is wrong, the rank's own next call says.
            _ = MPI_Iprobe(MPI_ANY_SOURCE, Self.unusedTag, COpenMPI_comm_world(), &found, &status)
        }
    }
}
