import FoundationEssentials

/// Records what one rank does.
///
/// It belongs to the rank's thread and is not `Sendable`. Totals and counters are always kept; a span then
/// costs two readings of the clock and no memory. Spans themselves are kept on request.
public final class TraceRecorder {
    private let rank: Int
    private let hostName: String
    private let keepsSpans: Bool
    private let now: () -> Duration
    private let origin: Duration
    private let originSeconds: Double
    /// Time of the spans that have ended within the span now running.
    private var inner: Duration = .zero
    private var totals = [Duration](repeating: .zero, count: SpanCategory.allCases.count)
    private var stepTimes: [Duration]
    private var steps: [RankTrace.Step]
    private var controlBytes = 0
    private var spans: [RankTrace.Span] = []

    /// A recorder whose time begins now.
    /// - Parameters:
    ///   - stepCount: steps of the trajectory; those named in calls are below it.
    ///   - keepsSpans: whether the summary holds every span, for `chromeTrace`.
    public convenience init(rank: Int, hostName: String, stepCount: Int, keepsSpans: Bool = false) {
        let start = ContinuousClock.now
        self.init(
            rank: rank, hostName: hostName, stepCount: stepCount, keepsSpans: keepsSpans,
            originSeconds: Date().timeIntervalSince1970, now: { ContinuousClock.now - start })
    }

    /// A recorder with a clock of the caller's choice.
    init(
        rank: Int, hostName: String, stepCount: Int, keepsSpans: Bool, originSeconds: Double,
        now: @escaping () -> Duration
    ) {
        self.rank = rank
        self.hostName = hostName
        self.keepsSpans = keepsSpans
        self.now = now
        self.origin = now()
        self.originSeconds = originSeconds
        self.stepTimes = Array(repeating: .zero, count: stepCount)
        self.steps = Array(repeating: RankTrace.Step(), count: stepCount)
        if keepsSpans { spans.reserveCapacity(16 * stepCount + 256) }
    }

    /// Runs `body` and notes how long it took, also if it throws.
    ///
    /// Spans may lie within spans.
    /// - Throws: what `body` throws.
    public func span<R, E: Error>(
        _ category: SpanCategory, step: Int? = nil, group: Int? = nil, _ body: () throws(E) -> R
    ) throws(E) -> R {
        let innerOfOuter = inner
        inner = .zero
        let start = now()
        defer {
            let duration = now() - start
            note(category, step: step, own: duration - inner)
            inner = innerOfOuter + duration
            if keepsSpans {
                spans.append(
                    RankTrace.Span(
                        category: category, step: step, group: group, startSeconds: (start - origin).seconds,
                        seconds: duration.seconds))
            }
        }
        return try body()
    }

    /// Counts one message of activations that this rank sends, by its payload.
    public func countActivation(bytes: Int, step: Int) {
        steps[checked(step)].activationBytes += bytes
        steps[step].activationMessages += 1
    }

    /// Counts bytes that this rank sends and that are no activations.
    public func countControl(bytes: Int) { controlBytes += bytes }

    /// What has been recorded so far, without spans still running.
    public func summary() -> RankTrace {
        var byCategory: [SpanCategory: Double] = [:]
        for (category, total) in zip(SpanCategory.allCases, totals) { byCategory[category] = total.seconds }
        var steps = steps
        for step in steps.indices { steps[step].busySeconds = stepTimes[step].seconds }
        return RankTrace(
            rank: rank, hostName: hostName, originSeconds: originSeconds,
            elapsedSeconds: (now() - origin).seconds, secondsByCategory: byCategory, steps: steps,
            controlBytes: controlBytes,
            peakResidentBytes: RunTrace.peakResidentBytes(), spans: spans)
    }

    private func note(_ category: SpanCategory, step: Int?, own: Duration) {
        totals[category.index] += own
        guard let step, category != .wait, category != .send else { return }
        stepTimes[checked(step)] += own
    }

    private func checked(_ step: Int) -> Int {
        precondition(steps.indices.contains(step), "TraceRecorder: step \(step) of \(steps.count)")
        return step
    }
}

extension SpanCategory {
    /// The place of a category among all of them.
    var index: Int {
        switch self {
        case .load: 0
        case .plan: 1
        case .embed: 2
        case .compute: 3
        case .gather: 4
        case .reuse: 5
        case .send: 6
        case .wait: 7
        case .decode: 8
        case .write: 9
        }
    }
}
