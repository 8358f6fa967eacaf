import CachePlanning
import Checkpoints
import Foundation
import Models
import RunTrace
import Sampling
import Schedulers
import TestSupport
import Testing
import Transport

/// Decisions while sampling: what they equal, and that neither ranks nor companions change a bit of them.
@Suite(.serialized)
struct DynamicTests {
    static let steps = 9
    static let policies: [PolicyName] = [.teacache, .fbcache, .easycache]

    /// A plan whose images compute some of their steps, not all the same ones.
    private func plan(_ policy: PolicyName, threshold: Double? = nil) throws -> CachePlan {
        let usual: [PolicyName: Double] = [.teacache: 0.35, .fbcache: 0.4, .easycache: 0.9]
        let chooser = try #require(policy.dynamicPolicy)
        let rule = chooser.rule(threshold: threshold ?? usual[policy] ?? 0, steps: Self.steps)
        return try CachePlan.make(policy: policy, rule: rule, for: .tiny(steps: Self.steps))
    }

    /// What was decided on rank 0 of a run, and what each rank sent.
    private func decisions(
        _ model: TestModel, _ run: RunDescription, _ communicator: any Communicator
    ) throws -> (decided: DynamicDecisions?, traces: [RankTrace]) {
        let trace = TraceRecorder(
            rank: communicator.rank, hostName: communicator.hostName, stepCount: run.steps)
        let stage = try PipelineStage(
            run, stage: try model.stage(run.partition, rank: communicator.rank), communicator: communicator,
            trace: trace
        ) { _ in }
        try stage.run()
        return (stage.decisions, try communicator.gather(trace.summary(), to: 0))
    }

    private static let images = (0..<5).map { ImageRequest(label: $0 % 4, seed: UInt64(30 + $0)) }

    @Test(arguments: policies)
    func imagesDecideForThemselves(_ policy: PolicyName) throws {
        let model = try TestModel()
        let run = try model.run(plan(policy), images: Self.images)
        let decided = try #require(try decisions(model, run, SingleRank()).decided)
        for computed in decided.computed {
            #expect(computed[0] && computed[Self.steps - 1])
            #expect(computed.contains(false), "\(policy) reuses nothing: \(decided.signals)")
        }
        #expect(
            Set(decided.computed).count > 1, "all images decide alike: \(decided.computed) \(decided.signals)"
        )
    }

    /// The search finds a budget to a hundredth, or comes as near as any threshold of a fine row does.
    @Test(arguments: policies, [4.0, 6.5])
    func aBudgetIsMetWhereThresholdsAllowIt(_ policy: PolicyName, target: Double) throws {
        let model = try TestModel()
        let whole = try Partition(balanced: model.configuration.blocks, over: 1)
        let calibration = try Calibration(
            trajectories: 4, classes: Array(0..<model.configuration.classes),
            subject: .tiny(steps: Self.steps), scheduler: .unclipped(.ddim), partition: whole,
            model: model.configuration)
        let stage = try model.stage(whole, rank: 0)
        let rule = try calibration.rule(
            of: #require(policy.dynamicPolicy), computing: target, stage: stage, communicator: SingleRank(),
            trace: TraceRecorder(rank: 0, hostName: "here", stepCount: Self.steps)
        ).rule
        var run = calibration.run
        run.images = Array(run.images.prefix(4))
        run.batching = MicroBatching(imagesPerGroup: 1, joinsBranches: false, groupsInFlight: 1)
        func computed(_ threshold: Double) throws -> Double {
            var tried = rule
            (tried.threshold, tried.expectedComputedSteps) = (threshold, nil)
            run.plan = try CachePlan.make(policy: policy, rule: tried, for: run.plan.subject)
            return try #require(try decisions(model, run, SingleRank()).decided).meanComputedSteps
        }
        let found = try #require(rule.expectedComputedSteps)
        #expect(try computed(rule.threshold) == found)
        guard abs(found - target) > 0.01 * target else { return }
        for power in -30...10 {
            let other = try computed(pow(10, Double(power) / 10))
            #expect(abs(other - target) >= abs(found - target), "\(found), but \(other) at 10^(\(power)/10)")
        }
    }

    @Test(arguments: policies)
    func noThresholdIsNoReuseAtAll(_ policy: PolicyName) throws {
        let model = try TestModel()
        let expected = try model.drawAlone(model.run(.of(String(repeating: "C", count: Self.steps))))
        let run = try model.run(plan(policy, threshold: 0))
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            try model.check(run.over(communicator.size), on: communicator, equals: expected, "\(policy)")
        }
    }

    @Test(arguments: policies, [1.0, 3.0])
    func anyNumberOfRanks(_ policy: PolicyName, guidance: Double) throws {
        let model = try TestModel()
        let run = try model.run(
            plan(policy), images: Self.images, guidance: guidance, scheduler: .unclipped(.dpmSolverPlusPlus))
        let expected = try model.drawAlone(run)
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            try model.check(run.over(communicator.size), on: communicator, equals: expected, "\(policy)")
        }
    }

    @Test(arguments: policies)
    func imageDoesNotDependOnItsCompanions(_ policy: PolicyName) throws {
        let model = try TestModel()
        let together = try model.run(
            plan(policy), images: Array(Self.images[..<4]), scheduler: .unclipped(.ddim, eta: 0.7))
        for joins in [false, true] {
            let batching = MicroBatching(imagesPerGroup: 2, joinsBranches: joins, groupsInFlight: 2)
            try forEachCluster(ranks: [1, 3]) { communicator in
                let all = try model.draw(together.over(communicator.size, batching), on: communicator)
                var alone = together
                alone.images = [together.images[1]]
                guard let one = try model.draw(alone.over(communicator.size, batching), on: communicator)
                else { return }
                try check(one.latents[0] == all?.latents[1], "\(policy): image 1 alone")
            }
        }
    }

    /// Activations of computed slots alone go from stage to stage; FBCache's first block goes to the tail besides.
    @Test(arguments: policies)
    func bytesAreThoseOfWhatWasDecided(_ policy: PolicyName) throws {
        let model = try TestModel()
        let run = try model.run(plan(policy), images: Self.images)
        let hidden = model.configuration.layout.rows * model.configuration.layout.width * 4
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let links = communicator.size - 1
            let (decided, traces) = try decisions(model, run.over(communicator.size), communicator)
            guard let decided else { return try check(communicator.rank > 0, "rank 0 decided nothing") }
            for step in 0..<Self.steps {
                let through = decided.images(computing: step) * links
                let past = policy == .fbcache && links > 0 ? Self.images.count : 0
                try checkEqual(
                    traces.reduce(0) { $0 + $1.steps[step].activationBytes }, (through + past) * 2 * hidden,
                    "bytes of step \(step) on \(communicator.size) ranks")
            }
        }
    }

    @Test(arguments: policies)
    func everyByteThatARankSendsIsCounted(_ policy: PolicyName) throws {
        let model = try TestModel()
        let run = try model.run(plan(policy))
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let sends = SendRecorder(communicator)
            let trace = TraceRecorder(rank: sends.rank, hostName: sends.hostName, stepCount: Self.steps)
            _ = try model.draw(run.over(sends.size), on: sends, trace: trace)
            let summary = trace.summary()
            try checkEqual(
                summary.controlBytes + summary.activationBytes, sends.sentBytes,
                "bytes of rank \(sends.rank) of \(sends.size)")
        }
    }

    /// Blocks that add nothing leave the embedding, so that reuse of what they add is exact.
    @Test(arguments: [PolicyName.teacache, .fbcache])
    func reuseOfBlocksThatDoNothingIsExact(_ policy: PolicyName) throws {
        let model = try TestModel(editing: { file in
            for name in file.names where name.contains("norm1.linear") { try file.fill(name, with: 0) }
        })
        let computed = try model.drawAlone(model.run(.of(String(repeating: "C", count: Self.steps))))
        #expect(try model.drawAlone(model.run(plan(policy, threshold: 1e6))) == computed)
    }

    /// With every free step reused, TeaCache is reuse of the total residual under the same mask; other rows go into one
    /// product, which on some CPUs ends in other bits.
    @Test func teaCacheReusesTheResidual() throws {
        let model = try TestModel()
        let mask = "C" + String(repeating: "R", count: Self.steps - 2) + "C"
        func latents(_ plan: CachePlan) throws -> [Float] {
            try model.drawAlone(model.run(plan)).latents.joined().map(Float.init(bitPattern:))
        }
        expectClose(try latents(plan(.teacache, threshold: 1e9)), try latents(.of(mask)), relative: 1e-5)
    }
}
