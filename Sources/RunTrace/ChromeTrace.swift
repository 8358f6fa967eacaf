import FoundationEssentials

/// The spans of all ranks as Chrome trace events (JSON, UTF-8), which Perfetto and chrome://tracing open.
///
/// Each rank is a process of its own with one track, named "rank 1 on host". Processes count from 1, because
/// Perfetto takes process 0 for the kernel's. Time begins at the earliest rank's origin, and ranks are placed by
/// their hosts' clocks.
/// - Throws: `EncodingError` if a time is not a finite number.
public func chromeTrace(_ ranks: [RankTrace]) throws -> [UInt8] {
    let origin = ranks.map(\.originSeconds).min() ?? 0
    var events: [TraceEvent] = []
    for trace in ranks {
        let process = trace.rank + 1
        let name = "rank \(trace.rank) on \(trace.hostName)"
        for kind in ["process_name", "thread_name"] {
            events.append(TraceEvent(name: kind, ph: "M", pid: process, args: .init(name: name)))
        }
        events.append(
            TraceEvent(
                name: "process_sort_index", ph: "M", pid: process, args: .init(sort_index: trace.rank)))
        let shift = trace.originSeconds - origin
        for span in trace.spans {
            let name = span.step.map { "\(span.category.rawValue) \($0)" } ?? span.category.rawValue
            events.append(
                TraceEvent(
                    name: name, ph: "X", pid: process, cat: span.category.rawValue,
                    ts: (shift + span.startSeconds) * 1e6, dur: span.seconds * 1e6,
                    args: .init(step: span.step, group: span.group)))
        }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return Array(try encoder.encode(TraceFile(traceEvents: events)))
}

private struct TraceFile: Encodable {
    var traceEvents: [TraceEvent]
    var displayTimeUnit = "ms"
}

/// One event; the keys are the format's.
private struct TraceEvent: Encodable {
    struct Arguments: Encodable {
        var name: String?
        var sort_index: Int?
        var step: Int?
        var group: Int?
    }

    var name: String
    /// M: metadata, X: a span.
    var ph: String
    var pid: Int
    var tid = 1
    var cat: String?
    /// Start, in microseconds.
    var ts: Double?
    /// Length, in microseconds.
    var dur: Double?
    var args: Arguments
}
