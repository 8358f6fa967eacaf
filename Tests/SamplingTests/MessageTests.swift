import CachePlanning
import Failures
import RunTrace
import Tensors
import TestSupport
import Testing
import Transport

@testable import Sampling

/// Messages between two ranks that read the same list.
@Suite(.serialized)
struct MessageTests {
    private static func expected(_ count: Int) -> [Inbox.Expected] {
        (0..<count).map { number in
            Inbox.Expected(
                envelope: Envelope(
                    kind: .activation, step: number / 2, group: 0, part: number % 2, planHash: 9),
                // Shapes change, as the last group's does.
                shape: [number % 3 + 1, 5])
        }
    }

    private static func numbers(_ message: Int, _ count: Int) -> [Float] {
        (0..<count).map { Float(message * 100 + $0) }
    }

    private static func outbox(_ communicator: any Communicator, depth: Int) -> Outbox {
        let trace = TraceRecorder(rank: communicator.rank, hostName: communicator.hostName, stepCount: 6)
        return Outbox(communicator, trace: trace, depth: depth)
    }

    @Test(arguments: [1, 2, 7], [1, 4])
    func arriveInOrderWhoeverIsAhead(sendDepth: Int, receiveDepth: Int) throws {
        let messages = Self.expected(12)
        try forEachCluster(ranks: [2]) { communicator in
            if communicator.rank == 0 {
                let outbox = Self.outbox(communicator, depth: sendDepth)
                for (number, message) in messages.enumerated() {
                    let payload = Tensor(zeros: message.shape)
                    payload.assign(Self.numbers(number, payload.count))
                    try outbox.send(payload, message.envelope, to: 1)
                    // The payload is the sender's own again at once.
                    payload.assign(Array(repeating: .nan, count: payload.count))
                }
                try outbox.finish()
                return
            }
            let inbox = try Inbox(communicator, from: 0, count: messages.count, depth: receiveDepth) {
                messages[$0]
            }
            for (number, message) in messages.enumerated() {
                try checkEqual(inbox.remaining, messages.count - number, "messages left")
                try checkEqual(inbox.nextEnvelope, message.envelope, "the next message")
                let payload = try inbox.next()
                try checkEqual(payload.shape, message.shape, "shape of message \(number)")
                try checkEqual(payload.values, Self.numbers(number, payload.count), "message \(number)")
                // Received memory is the receiver's own until it asks for the next.
                payload.assign(Array(repeating: .nan, count: payload.count))
            }
            try checkEqual(inbox.nextEnvelope, nil, "after the last message")
            try check(try !inbox.isReady(), "ready after the last message")
        }
    }

    /// Memory grows with the messages under way, not with the depth.
    @Test func memoryOfWhatHasLeftIsUsedAgain() throws {
        let recorder = SendRecorder(SingleRank())
        let outbox = Self.outbox(recorder, depth: 64)
        for number in 0..<5 {
            let envelope = Envelope(kind: .picture, step: 0, group: number, part: 0, planHash: 9)
            try outbox.send(Tensor(zeros: [7]), envelope, to: 0)
            try outbox.poll()
        }
        #expect(recorder.buffers.count == 1)
    }

    @Test func memoryOfWhatIsUnderWayIsNot() throws {
        let messages = Self.expected(3).map { Inbox.Expected(envelope: $0.envelope, shape: [5]) }
        _ = try LoopbackCluster(ranks: 2, sendMode: .synchronous).run { communicator in
            if communicator.rank == 0 {
                let recorder = SendRecorder(communicator)
                let outbox = Self.outbox(recorder, depth: 64)
                for (number, message) in messages.enumerated() {
                    try outbox.send(
                        Tensor(Self.numbers(number, 5), shape: message.shape), message.envelope, to: 1)
                    try outbox.poll()
                }
                try checkEqual(recorder.buffers.count, 3, "buffers of messages that nobody has asked for")
                _ = try communicator.broadcast([], from: 0)
                try outbox.finish()
            } else {
                _ = try communicator.broadcast([], from: 0)
                let inbox = try Inbox(communicator, from: 0, count: 3, depth: 3) { messages[$0] }
                for number in messages.indices {
                    try checkEqual(try inbox.next().values, Self.numbers(number, 5), "message \(number)")
                }
            }
        }
    }

    @Test func waitingRankWorks() throws {
        let messages = Self.expected(1)
        try forEachCluster(ranks: [2]) { communicator in
            let start = AlignedBytes(byteCount: 1)
            if communicator.rank == 0 {
                // Not before the other one has found something else to do.
                try communicator.receive(into: start, from: 1, tag: 50).wait()
                let outbox = Self.outbox(communicator, depth: 1)
                try outbox.send(Tensor(zeros: messages[0].shape), messages[0].envelope, to: 1)
                try outbox.finish()
                return
            }
            let inbox = try Inbox(communicator, from: 0, count: 1, depth: 1) { messages[$0] }
            var told: (any Transfer)?
            _ = try inbox.next {
                if told == nil { told = try communicator.send(start, to: 0, tag: 50) }
                return true
            }
            try told?.wait()
            try check(told != nil, "rank 1 was never idle")
        }
    }

    @Test func ranksThatHaveLostStepSayWhereBothAre() throws {
        let expected = Envelope(kind: .activation, step: 4, group: 2, part: 0, planHash: 0xabc)
        let sent = Envelope(kind: .activation, step: 3, group: 2, part: 1, planHash: 0xdef)
        let cluster = LoopbackCluster(ranks: 2)
        let host = SingleRank().hostName
        do {
            _ = try cluster.run { communicator in
                if communicator.rank == 0 {
                    let outbox = Self.outbox(communicator, depth: 1)
                    try outbox.send(Tensor(zeros: [2]), sent, to: 1)
                    try outbox.finish()
                } else {
                    let inbox = try Inbox(communicator, from: 0, count: 1, depth: 1) { _ in
                        Inbox.Expected(envelope: expected, shape: [2])
                    }
                    _ = try inbox.next()
                }
            }
            Issue.record("a wrong message was taken")
        } catch let error as SamplingError {
            #expect(
                error.description
                    == "rank 1 on \(host) expected activation of step 4, group 2, part 0, plan abc "
                    + "from rank 0, but got activation of step 3, group 2, part 1, plan def: the ranks do not run "
                    + "the same plan")
            #expect(error.failureKind == .unavailable)
        }
    }

    @Test func ranksOfOtherPlansStop() throws {
        let model = try TestModel()
        let plans = [try CachePlan.of("CCRC"), try CachePlan.of("CCCC")]
        #expect(throws: SamplingError.self) {
            try LoopbackCluster(ranks: 2).run { communicator in
                _ = try model.draw(model.run(plans[communicator.rank]).over(2), on: communicator)
            }
        }
    }
}
