import FoundationEssentials
import Testing

@testable import RunTrace

private struct Event: Decodable {
    struct Arguments: Decodable {
        var name: String?
        var step: Int?
        var group: Int?
    }

    var name: String
    var ph: String
    var pid: Int
    var tid: Int
    var cat: String?
    var ts: Double?
    var dur: Double?
    var args: Arguments
}

private struct File: Decodable { var traceEvents: [Event] }

private func trace(rank: Int, originSeconds: Double, spans: [RankTrace.Span]) -> RankTrace {
    let recorder = TraceRecorder(rank: rank, hostName: "node-\(rank)\"", stepCount: 1)
    var trace = recorder.summary()
    trace.originSeconds = originSeconds
    trace.spans = spans
    return trace
}

@Suite(.serialized) struct ChromeTraceTests {
    @Test func ranksAreProcessesOnOneTimeline() throws {
        let bytes = try chromeTrace([
            trace(
                rank: 0, originSeconds: 1000,
                spans: [.init(category: .compute, step: 4, group: 1, startSeconds: 0.5, seconds: 0.25)]),
            trace(
                rank: 1, originSeconds: 1002,
                spans: [.init(category: .wait, step: nil, group: nil, startSeconds: 1, seconds: 2)]),
        ])
        let events = try JSONDecoder().decode(File.self, from: Data(bytes)).traceEvents
        let names = events.filter { $0.name == "process_name" }
        #expect(names.map(\.args.name) == ["rank 0 on node-0\"", "rank 1 on node-1\""])
        #expect(names.allSatisfy { $0.ph == "M" })
        let spans = events.filter { $0.ph == "X" }
        #expect(spans.map(\.pid) == [1, 2])
        #expect(spans.map(\.name) == ["compute 4", "wait"])
        #expect(spans.map(\.ts) == [0.5e6, 3e6])
        #expect(spans.map(\.dur) == [0.25e6, 2e6])
        #expect(spans[0].args.step == 4 && spans[0].args.group == 1)
        #expect(spans[1].args.step == nil)
    }

    @Test func noRanksMakeAnEmptyTrace() throws {
        let bytes = try chromeTrace([])
        #expect(try JSONDecoder().decode(File.self, from: Data(bytes)).traceEvents.isEmpty)
    }

    @Test func aRankTraceSurvivesJSON() throws {
        let recorder = TraceRecorder(rank: 2, hostName: "node", stepCount: 2, keepsSpans: true)
        recorder.span(.gather, step: 1, group: 0) { recorder.countActivation(bytes: 12, step: 1) }
        let trace = recorder.summary()
        let data = try JSONEncoder().encode(trace)
        #expect(try JSONDecoder().decode(RankTrace.self, from: data) == trace)
        // Categories are keys of an object, so that reports can be read by people and scripts.
        #expect(String(decoding: data, as: UTF8.self).contains("\"gather\":"))
    }
}
