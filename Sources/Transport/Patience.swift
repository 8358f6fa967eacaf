/// How long a rank waits for others before it takes them, or the way to them, for lost.
///
/// Used by one rank's thread, as its communicator is. Each wait is measured by itself, work that a rank finds to do
/// meanwhile left out.
public final class Patience {
    private let asked: Duration?
    private let isEndless: Bool
    private var slowestSlot: Duration?

    /// Patience for a run.
    /// - Parameter asked: the longest wait while micro-batches go through the pipeline; default: 60 s or ten times the
    ///   slowest so far, whichever is longer.
    public init(asked: Duration? = nil) {
        self.asked = asked
        isEndless = false
    }

    private init() {
        asked = nil
        isEndless = true
    }

    /// For ranks that work by themselves, and meet when the slowest is done.
    public static var endless: Patience { Patience() }

    /// The longest wait at this point of the run, if there is one.
    ///
    /// What is not the pipeline (reading a model, planning, the first micro-batch, which nothing is known of, and
    /// decoding what is left) has ten minutes, or ten times what was asked if that is longer.
    public var limit: Duration? {
        if isEndless { return nil }
        guard let slowestSlot else { return max(.seconds(600), (asked ?? .zero) * 10) }
        return asked ?? max(.seconds(60), slowestSlot * 10)
    }

    /// Notes how long a micro-batch took on this rank, waits and all.
    public func noteSlot(_ duration: Duration) { slowestSlot = max(slowestSlot ?? .zero, duration) }

    /// Ends what `noteSlot` began.
    public func leavePipeline() { slowestSlot = nil }

    /// Ends a wait that is too long.
    /// - Parameters:
    ///   - waited: how long it has lasted.
    ///   - what: what was waited for, as in "rank 1 on node2 waited … for (what)".
    /// - Throws: `TransportError`.
    public func check(
        _ waited: Duration, by communicator: any Communicator, for what: () -> String
    ) throws(TransportError) {
        guard let limit, waited > limit else { return }
        throw TransportError(
            "rank \(communicator.rank) on \(communicator.hostName) waited \(waited.components.seconds) s for "
                + "\(what()), and takes the run for lost: look at the other ranks' hosts and the network between "
                + "them; if they are only slow, raise --timeout")
    }
}
