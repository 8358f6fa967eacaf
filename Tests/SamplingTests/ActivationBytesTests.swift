import CachePlanning
import Checkpoints
import Models
import RunTrace
import Sampling
import TestSupport
import Testing
import Transport

/// What travels between stages is exactly the hidden state of computed steps.
@Suite(.serialized)
struct ActivationBytesTests {
    @Test(arguments: ["CCCCCC", "CCRCRC", "CCRRCR", "CRRRRR"], [1.0, 3.0])
    func areThoseOfComputedStepsAlone(_ mask: String, guidance: Double) throws {
        let model = try TestModel()
        let run = try model.run(.of(mask, .shadow, gamma: 0.2), guidance: guidance)
        let computed = mask.map { $0 == "C" }
        let branches = guidance > 1 ? 2 : 1
        let hidden = model.configuration.layout.rows * model.configuration.layout.width * 4
        let bytesOfStep = run.images.count * branches * hidden
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            let run = try run.over(communicator.size)
            let links = communicator.size - 1
            let traces = try traces(model, run, communicator)
            guard communicator.rank == 0 else { return }
            let place = "\(mask), guidance \(guidance), \(communicator.size) ranks"
            try checkEqual(
                traces.reduce(0) { $0 + $1.activationBytes }, computed.count { $0 } * links * bytesOfStep,
                "activation bytes of \(place)")
            for step in computed.indices {
                // Two groups of images, each with its branches apart.
                let messages = computed[step] ? links * 2 * branches : 0
                try checkEqual(
                    traces.reduce(0) { $0 + $1.steps[step].activationMessages }, messages,
                    "messages of step \(step) of \(place)")
                try checkEqual(
                    traces.reduce(0) { $0 + $1.steps[step].activationBytes },
                    computed[step] ? links * bytesOfStep : 0, "bytes of step \(step) of \(place)")
            }
        }
    }

    @Test func doNotDependOnHowImagesTravel() throws {
        let model = try TestModel()
        let run = try model.run(.of("CCRCC"))
        let hidden = model.configuration.layout.rows * model.configuration.layout.width * 4
        try forEachCluster(ranks: [3]) { communicator in
            for (images, joins, messages) in [(1, false, 6), (2, true, 2), (3, false, 2), (3, true, 1)] {
                let batching = MicroBatching(imagesPerGroup: images, joinsBranches: joins, groupsInFlight: 2)
                let traces = try traces(model, run.over(3, batching), communicator)
                guard communicator.rank == 0 else { continue }
                try checkEqual(
                    traces.map(\.activationBytes), [4 * 3 * 2 * hidden, 4 * 3 * 2 * hidden, 0], "\(batching)")
                try checkEqual(
                    traces.map(\.activationMessages), [4 * messages, 4 * messages, 0], "\(batching)")
            }
        }
    }

    @Test(arguments: DecodePlacement.allCases)
    func everyOtherByteThatARankSendsIsCountedAsControl(_ placement: DecodePlacement) throws {
        let model = try TestModel()
        var run = try model.run(.of("CCRCR"))
        run.decoding = placement
        let placed = run
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            let sends = SendRecorder(communicator)
            let trace = TraceRecorder(rank: sends.rank, hostName: sends.hostName, stepCount: placed.steps)
            _ = try model.draw(placed.over(sends.size), on: sends, trace: trace)
            let summary = trace.summary()
            try checkEqual(
                summary.controlBytes, sends.sentBytes - summary.activationBytes,
                "control bytes of rank \(sends.rank) of \(sends.size)")
            if sends.size == 1 { try checkEqual(sends.sentBytes, 0, "bytes that a lone rank sends") }
        }
    }

    /// Every rank's trace, on rank 0.
    private func traces(
        _ model: TestModel, _ run: RunDescription, _ communicator: any Communicator
    ) throws -> [RankTrace] {
        let recorder = TraceRecorder(
            rank: communicator.rank, hostName: communicator.hostName, stepCount: run.steps)
        _ = try model.draw(run, on: communicator, trace: recorder)
        return try communicator.gather(recorder.summary(), to: 0)
    }
}
