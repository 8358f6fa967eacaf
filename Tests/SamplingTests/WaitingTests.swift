import CachePlanning
import Checkpoints
import Files
import Foundation
import Models
import RunTrace
import Tensors
import TestSupport
import Testing
import Transport

@testable import Sampling

/// A run that is slow goes on, whatever is slow in it, and one that stands still ends.
@Suite(.serialized)
struct WaitingTests {
    private static let patience = Patience(limit: .milliseconds(500), away: .seconds(20))

    /// What takes far longer than the limit.
    enum Slow: String, CaseIterable, Sendable {
        case slots, pipeline, decoding, writing, saving, restoring
    }

    /// Runs this rank's part with something slow in it, saved before each step but for module plans.
    private static func draw(
        _ model: TestModel, _ run: RunDescription, _ slow: Slow, on communicator: any Communicator
    ) throws -> Int {
        let (rank, progress) = (communicator.rank, communicator.progress)
        func slowed(_ microseconds: UInt32, _ isSlow: Bool) -> @Sendable () -> Void {
            {
                if isSlow { usleep(microseconds) }
                progress?()
            }
        }
        let isLast = rank == communicator.size - 1
        let stage = try model.stage(
            run.partition, rank: rank,
            betweenPieces: slowed(
                slow == .slots ? 80_000 : 30_000, slow == .pipeline || slow == .slots && rank == 1),
            whileDecoding: slowed(25_000, slow == .decoding && isLast))
        func nap(_ isSlow: Bool) { if isSlow { usleep(1_200_000) } }
        var count = 0
        let keeping = TrajectoryKeeping(every: 1) {
            false
        } save: { _ in
            nap(slow == .saving)
        } restore: { image in
            nap(slow == .restoring)
            return try TrajectoryLayout(run, model.configuration, before: run.firstStep).parts.reduce(
                into: [:]) {
                    $0[$1.name] = Tensor(zeros: $1.shape)
                }
        }
        let trace = TraceRecorder(rank: rank, hostName: communicator.hostName, stepCount: run.steps)
        try PipelineStage(
            run, stage: stage, communicator: communicator, trace: trace, keeping: keeping
        ) { _ in
            nap(slow == .writing)
            count += 1
        }.run()
        return count
    }

    @Test(.timeLimit(.minutes(2)), arguments: Slow.allCases)
    func aSlowRankDoesNotEndTheRun(_ slow: Slow) throws {
        let model = try TestModel()
        // One image: all ranks but one wait.
        let images = slow == .decoding ? 3 : 1
        var run = try model.run(.of("CC"), images: Array(TestModel.threeImages.prefix(images)))
        if slow == .restoring { run.firstStep = 1 }
        let single = run
        let ranks = slow == .pipeline ? 5 : 3
        try forEachCluster(ranks: [ranks], patience: Self.patience) { communicator in
            let start = ContinuousClock.now
            let batching = MicroBatching(imagesPerGroup: 1, joinsBranches: true, groupsInFlight: 1)
            let count = try Self.draw(model, single.over(ranks, batching), slow, on: communicator)
            try communicator.barrier()
            if communicator.rank == 0 { try checkEqual(count, images, "images") }
            let seconds = (ContinuousClock.now - start).seconds
            try check(seconds > 0.9, "\(slow) took \(seconds) s, which the limit would have let pass")
        }
    }

    /// Where a rank stands still, by the message that it does not send or ask for.
    enum Still: String, CaseIterable, Sendable {
        case computing, returning, saving, lastSaving, decoding
    }

    @Test(
        .timeLimit(.minutes(2)), .disabled(if: isUnderLauncher, "a rank that fails there ends the launch"),
        arguments: Still.allCases)
    func aRankThatStandsStillEndsTheRun(_ still: Still) throws {
        let model = try TestModel()
        let run = try model.run(.of("CCC")).over(3)
        let patience = Patience(limit: .milliseconds(400), away: .milliseconds(400))
        let error = #expect(throws: TransportError.self) {
            try LoopbackCluster(ranks: 3, patience: patience).run { base in
                let kinds: [Still: (rank: Int, kind: Envelope.Kind)] = [
                    .computing: (1, .activation), .returning: (2, .latents), .saving: (2, .saved),
                    .lastSaving: (2, .saved), .decoding: (1, .picture),
                ]
                let communicator: any Communicator
                if let (rank, kind) = kinds[still], rank == base.rank {
                    communicator = StandingStill(base, sending: kind.rawValue)
                } else {
                    communicator = base
                }
                // The last saving is that of a run which is stopped.
                _ = try model.drawKeeping(
                    run, on: communicator, every: 1, stop: still == .lastSaving ? 1 : .max)
            }
        }
        #expect(error?.description.contains("takes the run for lost") == true, "\(error as Any)")
        #expect(error?.description.contains("waited 0 s") == true, "\(error as Any)")
    }

    @Test(
        .timeLimit(.minutes(2)), .disabled(if: isUnderLauncher, "a rank that fails there ends the launch"),
        arguments: [0, 1])
    func aRankThatStandsStillWhileLoadingEndsTheRun(rank: Int) throws {
        let patience = Patience(limit: .milliseconds(400), away: .milliseconds(400))
        let error = #expect(throws: TransportError.self) {
            try LoopbackCluster(ranks: 2, sendMode: .synchronous, patience: patience).run { base in
                let communicator =
                    base.rank == rank
                    ? StandingStill(
                        base, sending: rank == 0 ? WeightServer.tag : nil,
                        receiving: rank == 1 ? WeightServer.tag : nil)
                    : base
                let folder = try ModelFolder(DirectoryTree(WeightDeliveryTests.golden))
                let request = WeightRequest(
                    transformer: folder.denoiser.layers(
                        ModelShare(blocks: 0..<1, embeds: false, predicts: false)
                    ).flatMap(\.tensors).map(\.name), autoencoder: [])
                let share = try WeightShare(request, of: folder.weights, pieceByteCount: 999)
                if base.rank == 0 {
                    try WeightServer([1: share], communicator: communicator).finish()
                } else {
                    let delivery = try WeightDelivery(share, communicator: communicator)
                    for _ in 0..<share.pieceCount { _ = try delivery.next() }
                }
            }
        }
        #expect(error?.description.contains("takes the run for lost") == true, "\(error as Any)")
    }

    /// What no rank has sent is waited for by all of them, work to do meanwhile or not: no schedule may come to that, and
    /// if one does, it says so.
    @Test(.disabled(if: isUnderLauncher), .timeLimit(.minutes(1)))
    func ranksThatWaitForEachOtherAreToldApart() throws {
        let model = try TestModel()
        let run = try model.run(.of("CC")).over(2)
        let error = #expect(throws: TransportError.self) {
            try LoopbackCluster(ranks: 2).run { base in
                let communicator: any Communicator =
                    base.rank == 1 ? Losing(base, Envelope.Kind.latents.rawValue) : base
                _ = try model.draw(run, on: communicator)
            }
        }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("deadlock"))
        #expect(text.contains("rank 0 for latents of step 1"), "\(text)")
        #expect(text.contains("rank 1 for activation of step 1"), "\(text)")
    }
}

/// A rank that stands still for some seconds, once, when it comes to a message.
private final class StandingStill: Forwarding {
    private var sending: Int?
    private var receiving: Int?

    init(_ base: any Communicator, sending: Int? = nil, receiving: Int? = nil) {
        self.sending = sending
        self.receiving = receiving
        super.init(base)
    }

    override func send(_ bytes: AlignedBytes, to rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        if tag == sending {
            sending = nil
            sleep(3)
        }
        return try super.send(bytes, to: rank, tag: tag)
    }

    override func receive(
        into bytes: AlignedBytes, from rank: Int, tag: Int
    ) throws(TransportError) -> any Transfer {
        if tag == receiving {
            receiving = nil
            sleep(3)
        }
        return try super.receive(into: bytes, from: rank, tag: tag)
    }
}

/// A rank whose messages of one tag go to itself.
private final class Losing: Forwarding {
    private let tag: Int

    init(_ base: any Communicator, _ tag: Int) {
        self.tag = tag
        super.init(base)
    }

    override func send(_ bytes: AlignedBytes, to rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        try super.send(bytes, to: tag == self.tag ? self.rank : rank, tag: tag)
    }
}
