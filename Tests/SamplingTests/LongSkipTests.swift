import CachePlanning
import Checkpoints
import Models
import RunTrace
import Sampling
import Tensors
import TestSupport
import Testing
import Transport

/// What a block leaves for a later one gets there, on whatever rank that is.
@Suite(.serialized)
struct LongSkipTests {
    private let configuration = HourglassConfiguration()

    private static func stage(
        _ model: TestModel, _ cut: Partition, _ rank: Int, stepsAtOnce: Int = .max
    ) throws -> LoadedStage {
        let own = try model.stage(cut, rank: rank)
        let share = ModelShare(blocks: cut.blocks(of: rank), rank: rank, of: cut.blockCounts.count)
        return LoadedStage(
            denoiser: Hourglass(share, stepsAtOnce: stepsAtOnce), engine: own.engine,
            autoencoder: own.autoencoder, decoder: own.decoder
        )
    }

    private static func draw(
        _ model: TestModel, _ run: RunDescription, on communicator: any Communicator,
        trace: TraceRecorder? = nil, stepsAtOnce: Int = .max
    ) throws -> Drawing? {
        try model.draw(
            run, on: communicator, trace: trace,
            stage: stage(model, run.partition, communicator.rank, stepsAtOnce: stepsAtOnce))
    }

    @Test func aStageGivesItsBlocksWhatEarlierOnesLeft() throws {
        let whole = Hourglass(configuration.whole)
        let conditioning = try whole.conditioning(500, [1, 3])
        let latents = Tensor((0..<144).map { Float($0 % 7) / 3 }, shape: [2, 2, 6, 6])
        let rows = Tensor(zeros: [2, 10, 4])
        whole.embed(latents, conditioning, into: rows)
        let expected = Tensor(zeros: rows.shape)
        expected.copy(from: rows)
        var outputs: [Tensor] = []
        for block in 0..<configuration.blocks {
            let skip = [3: 1, 4: 0][block].map { outputs[$0] }
            whole.run(block, expected, conditioning, skip: skip, .all)
            let copy = Tensor(zeros: rows.shape)
            copy.copy(from: expected)
            outputs.append(copy)
        }
        var pass = BlockPass()
        pass.skips = [0: Tensor(zeros: rows.shape), 1: Tensor(zeros: rows.shape)]
        whole.runBlocks(rows, conditioning, pass) {}
        #expect(rows.values == expected.values)
        #expect(
            (0...5).map { configuration.skipsUnderWay(before: $0) } == [[], [0], [0, 1], [0, 1], [0], []])
    }

    @Test(arguments: ["CCCCC", "CCRRCRC", "modules", "offset", "fbcache", "teacache", "easycache"])
    func anyNumberOfRanksDrawsTheSame(_ plan: String) throws {
        let model = try TestModel()
        let run = try model.run(Self.plan(plan))
        var alone = run
        alone.batching = MicroBatching(imagesPerGroup: 1, joinsBranches: false, groupsInFlight: 1)
        let expected = try #require(try Self.draw(model, alone, on: SingleRank()))
        #expect(Set(expected.latents).count == 3)
        try forEachCluster(ranks: [1, 2, 3, 5]) { communicator in
            let drawn = try Self.draw(model, run.over(communicator.size), on: communicator)
            try check(
                communicator.rank > 0 || drawn == expected, "\(plan) on \(communicator.size) ranks")
        }
    }

    /// Images of several waves, whose prompts are prepared for a few steps at a time.
    @Test(arguments: ["CCRRCRCC", "fora", "teacache"], [1, 2, 3])
    func stepsPreparedAtOnceChangeNothing(_ plan: String, stepsAtOnce: Int) throws {
        let model = try TestModel()
        let images = (0..<5).map { ImageRequest(label: $0 % 3, seed: UInt64($0)) }
        var run = try model.run(Self.plan(plan), images: images)
        run.batching = MicroBatching(imagesPerGroup: 1, joinsBranches: false, groupsInFlight: 2)
        let whole = run
        let expected = try #require(try Self.draw(model, whole, on: SingleRank()))
        try forEachCluster(ranks: [1, 3]) { communicator in
            let drawn = try Self.draw(
                model, whole.over(communicator.size), on: communicator, stepsAtOnce: stepsAtOnce)
            try check(communicator.rank > 0 || drawn == expected, "\(plan), \(stepsAtOnce) at once")
        }
    }

    private static func plan(_ name: String) throws -> CachePlan {
        let steps = PlanCase.steps
        switch name {
        case "modules", "offset", "fora":
            let computes = (0..<steps).map { $0 % 3 == 0 }
            return try .of(
                ModulePlan(name == "offset" ? .offset : .taylor(order: 1), allBlocks: computes, blocks: 5))
        case "fbcache", "teacache", "easycache":
            let policy = try #require(PolicyName(rawValue: name))
            let rule = try #require(policy.dynamicPolicy).rule(threshold: 0.4, steps: steps)
            return try CachePlan.make(policy: policy, rule: rule, for: .tiny(steps: steps))
        default: return try .of(name)
        }
    }

    /// A message carries the hidden state and what is under way in front of its receiver's blocks.
    @Test(arguments: [[2, 3], [1, 2, 2], [1, 1, 1, 1, 1]], [WireFormat.f32, .bf16])
    func messagesCarryWhatIsUnderWay(_ blockCounts: [Int], wire: WireFormat) throws {
        let model = try TestModel()
        var run = try model.run(.of("CCRC"))
        run.partition = try Partition(blockCounts, blocks: 5, ranks: blockCounts.count)
        run.wire = wire
        let cut = run
        try forEachCluster(ranks: [blockCounts.count]) { communicator in
            let trace = TraceRecorder(rank: communicator.rank, hostName: "", stepCount: 4)
            _ = try Self.draw(model, cut, on: communicator, trace: trace)
            let next = cut.partition.blocks(of: communicator.rank).upperBound
            let tensors = 1 + HourglassConfiguration().skipsUnderWay(before: next).count
            let isTail = communicator.rank == communicator.size - 1
            // Three images, two branches, rows of 10 · 4 numbers.
            let expected = isTail ? 0 : 3 * 2 * tensors * 40 * wire.elementType.byteCount
            let sent = trace.summary().steps.map(\.activationBytes)
            try checkEqual(sent, [expected, expected, 0, expected], "rank \(communicator.rank)")
        }
    }
}
