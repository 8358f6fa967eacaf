import TestSupport
import Testing

@testable import RunTrace

/// A clock that moves only when told.
private final class HandClock {
    var time: Duration = .seconds(100)
}

private func recorder(_ clock: HandClock, stepCount: Int = 3, keepsSpans: Bool = false) -> TraceRecorder {
    TraceRecorder(
        rank: 1, hostName: "host", stepCount: stepCount, keepsSpans: keepsSpans, originSeconds: 50,
        now: { clock.time })
}

@Suite(.serialized) struct TraceRecorderTests {
    @Test func spansOfACategoryAddUp() {
        let clock = HandClock()
        let trace = recorder(clock)
        for _ in 0..<3 { trace.span(.compute) { clock.time += .seconds(2) } }
        clock.time += .seconds(5)
        let summary = trace.summary()
        #expect(summary.seconds(.compute) == 6)
        #expect(summary.seconds(.wait) == 0)
        #expect(summary.elapsedSeconds == 11)
    }

    @Test func timeCountsOnceForTheInnermostSpan() {
        let clock = HandClock()
        let trace = recorder(clock)
        trace.span(.gather, step: 0) {
            clock.time += .seconds(1)
            trace.span(.wait, step: 0) {
                clock.time += .seconds(4)
                trace.span(.load) { clock.time += .seconds(8) }
            }
            trace.span(.wait, step: 0) { clock.time += .seconds(16) }
            clock.time += .seconds(32)
        }
        let summary = trace.summary()
        #expect(summary.seconds(.gather) == 33)
        #expect(summary.seconds(.wait) == 20)
        #expect(summary.seconds(.load) == 8)
        #expect(summary.steps[0].busySeconds == 33)
    }

    @Test func aSpanThatThrowsIsNoted() {
        let clock = HandClock()
        let trace = recorder(clock, keepsSpans: true)
        let error = #expect(throws: CheckFailure.self) {
            try trace.span(.send, step: 2, group: 7) { () throws(CheckFailure) in
                clock.time += .milliseconds(500)
                throw CheckFailure("broken")
            }
        }
        #expect(error?.description == "broken")
        #expect(trace.summary().seconds(.send) == 0.5)
        #expect(
            trace.summary().spans == [
                .init(category: .send, step: 2, group: 7, startSeconds: 0, seconds: 0.5)
            ])
    }

    @Test func spansAreKeptOnlyOnRequest() {
        let clock = HandClock()
        let trace = recorder(clock)
        trace.span(.compute) { clock.time += .seconds(1) }
        #expect(trace.summary().spans.isEmpty)
    }

    @Test func countersAreKeptByStep() {
        let trace = recorder(HandClock())
        trace.countActivation(bytes: 100, step: 0)
        trace.countActivation(bytes: 20, step: 0)
        trace.countActivation(bytes: 3, step: 2)
        trace.countControl(bytes: 7)
        trace.countControl(bytes: 1000)
        let summary = trace.summary()
        #expect(summary.steps.map(\.activationBytes) == [120, 0, 3])
        #expect(summary.steps.map(\.activationMessages) == [2, 0, 1])
        #expect(summary.activationBytes == 123)
        #expect(summary.activationMessages == 3)
        #expect(summary.controlBytes == 1007)
    }

    @Test func theRealClockRuns() throws {
        let trace = TraceRecorder(rank: 0, hostName: "host", stepCount: 0)
        trace.span(.compute) {
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(3) {}
        }
        let seconds = trace.summary().seconds(.compute)
        #expect(seconds >= 0.003 && seconds < 60)
        #expect(trace.summary().originSeconds > 1.7e9)
    }

    @Test func categoriesHaveDistinctPlaces() {
        #expect(SpanCategory.allCases.map(\.index) == Array(SpanCategory.allCases.indices))
    }
}
