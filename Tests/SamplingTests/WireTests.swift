import CachePlanning
import Checkpoints
import RunTrace
import Sampling
import TestSupport
import Testing
import Transport

/// Hidden states that travel in bf16: half the bytes, nearly the same picture.
@Suite(.serialized)
struct WireTests {
    /// A plan of steps, and one that sends the first block's output to the tail besides.
    enum Case: CaseIterable {
        case steps, firstBlock

        func plan() throws -> CachePlan {
            if self == .steps { return try .of("CCRRCRCC", .shadow, gamma: 0.3) }
            let chooser = try #require(PolicyName.fbcache.dynamicPolicy)
            return try .make(
                policy: .fbcache, rule: chooser.rule(threshold: 0.05, steps: 8), for: .tiny(steps: 8))
        }
    }

    @Test(arguments: Case.allCases)
    func halvesTheBytesAndBarelyChangesTheResult(_ which: Case) throws {
        let model = try TestModel()
        let run = try model.run(which.plan())
        let exact = try model.drawAlone(run)
        try forEachCluster(ranks: [2, 3]) { communicator in
            var bytes: [WireFormat: Int] = [:]
            for wire in WireFormat.allCases {
                var travelling = try run.over(communicator.size)
                travelling.wire = wire
                let trace = TraceRecorder(
                    rank: communicator.rank, hostName: communicator.hostName, stepCount: run.steps)
                let drawn = try model.draw(travelling, on: communicator, trace: trace)
                bytes[wire] = try communicator.gather(trace.summary(), to: 0).reduce(0) {
                    $0 + $1.activationBytes
                }
                guard wire == .bf16, let drawn else { continue }
                let difference = relativeDifference(drawn.latents, exact.latents)
                try check(difference > 0, "nothing was rounded on \(communicator.size) ranks")
                try check(difference < 0.01, "\(difference) away on \(communicator.size) ranks")
            }
            guard communicator.rank == 0 else { return }
            try checkEqual(bytes[.bf16].map { 2 * $0 }, bytes[.f32], "bytes on \(communicator.size) ranks")
        }
    }

    @Test func isOfNoConcernToALoneRank() throws {
        let model = try TestModel()
        var run = try model.run(.of("CCRC"))
        let expected = try model.drawAlone(run)
        run.wire = .bf16
        try model.check(run, on: SingleRank(), equals: expected, "bf16")
    }

    private func relativeDifference(_ a: [[UInt32]], _ b: [[UInt32]]) -> Double {
        func values(_ bits: [[UInt32]]) -> [Double] { bits.joined().map { Double(Float(bitPattern: $0)) } }
        let (a, b) = (values(a), values(b))
        let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (difference / b.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }
}
