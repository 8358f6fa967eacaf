internal import COpenMPI
import Dispatch
import Synchronization

/// Moves messages on while this rank computes.
///
/// Open MPI 4.1 moves a message over TCP only inside of calls to it, and a large one needs several: its sender asks,
/// its receiver answers, its pieces follow as the socket takes them. A rank that looks after its messages between two
/// blocks alone would leave the link idle for as long as a block takes. So its engines make a call now and then, between
/// two pieces of a product. (A thread that wakes to make it costs the rank's core two changes of context each time:
/// about 4 % of a run.)
///
/// MPI is initialised for calls of several threads, one at a time: an engine calls from one of its threads only, while
/// the rank's own thread waits for them.
final class MPIProgress: Sendable {
    /// The least time from one call to the next; the socket's buffers hold more than passes meanwhile.
    private static let intervalNanoseconds: UInt64 = 1_000_000
    /// A tag that no message has: tags are kinds of messages, which are few.
    private static let unusedTag: Int32 = 32_766

    private let transfersUnderWay = Atomic<Int>(0)
    private let lastCall = Atomic<UInt64>(0)

    /// Notes that a transfer has begun.
    func begin() { transfersUnderWay.add(1, ordering: .relaxed) }

    /// Notes that a transfer is over.
    func end() { transfersUnderWay.subtract(1, ordering: .relaxed) }

    /// Makes a call if a transfer is under way and the last call is a while ago.
    func poll() {
        guard transfersUnderWay.load(ordering: .relaxed) > 0 else { return }
        let now = DispatchTime.now().uptimeNanoseconds
        guard now &- lastCall.load(ordering: .relaxed) > Self.intervalNanoseconds else { return }
        lastCall.store(now, ordering: .relaxed)
        var found: Int32 = 0
        var status = MPI_Status()
        // What is wrong, the rank's own next call says.
        _ = MPI_Iprobe(MPI_ANY_SOURCE, Self.unusedTag, COpenMPI_comm_world(), &found, &status)
    }
}
