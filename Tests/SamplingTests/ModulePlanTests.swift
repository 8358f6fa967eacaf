import CachePlanning
import Checkpoints
import Models
import RunTrace
import Sampling
import Schedulers
import TestSupport
import Testing
import Transport

/// Reuse of modules' outputs: what it equals, and that neither ranks nor companions change a bit of it.
@Suite(.serialized)
struct ModulePlanTests {
    static let steps = 8

    /// A plan of each combination whose masks differ from module to module and block to block.
    static func ragged(_ combination: ModuleCombination, blocks: Int, seed: Int = 1) throws -> ModulePlan {
        func mask(_ salt: Int) -> [[Bool]] {
            (0..<steps).map { step in
                (0..<blocks).map { block in
                    step == 0 || (step * 7 + block * 5 + salt * (block + step) + seed) % 3 == 0
                }
            }
        }
        let attention = mask(0)
        return try ModulePlan(
            combination, attention: attention, mlp: combination == .offset ? attention : mask(1))
    }

    static let combinations: [ModuleCombination] = [
        .reuse, .taylor(order: 1), .taylor(order: 4), .gradient(eta: 0.8), .offset,
    ]

    @Test(arguments: combinations)
    func allComputedIsNoReuseAtAll(_ combination: ModuleCombination) throws {
        let model = try TestModel()
        let expected = try model.drawAlone(model.run(.of(String(repeating: "C", count: Self.steps))))
        let plan = try ModulePlan(
            combination, allBlocks: Array(repeating: true, count: Self.steps),
            blocks: model.configuration.blocks)
        let run = try model.run(.of(plan))
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            try model.check(run.over(communicator.size), on: communicator, equals: expected, "all computed")
        }
    }

    @Test func foraOfIntervalOneIsNoReuseAtAll() throws {
        let model = try TestModel()
        let expected = try model.drawAlone(model.run(.of(String(repeating: "C", count: Self.steps))))
        let run = try model.run(model.plan(FORAPolicy(interval: 1)))
        #expect(try model.drawAlone(run) == expected)
        #expect(try model.drawAlone(model.run(model.plan(FORAPolicy(interval: 2)))) != expected)
    }

    @Test func forecastsOfNoExtentAreReuse() throws {
        let model = try TestModel()
        let blocks = model.configuration.blocks
        func draw(_ combination: ModuleCombination) throws -> Drawing {
            try model.drawAlone(model.run(.of(Self.ragged(combination, blocks: blocks))))
        }
        let reuse = try draw(.reuse)
        #expect(try draw(.taylor(order: 0)) == reuse)
        #expect(try draw(.gradient(eta: 0)) == reuse)
        #expect(try draw(.taylor(order: 1)) != reuse)
        #expect(try draw(.gradient(eta: 0.5)) != reuse)
    }

    /// Step 2 knows two outputs, of steps 0 and 1: the first derivative's forecast is C₁ + (C₁ − C₂).
    @Test func firstForecastIsTheGradientOfOne() throws {
        let model = try TestModel()
        func draw(_ combination: ModuleCombination) throws -> Drawing {
            try model.drawAlone(
                model.run(
                    .of(
                        ModulePlan(
                            combination, allBlocks: [true, true, false, true],
                            blocks: model.configuration.blocks))))
        }
        #expect(try draw(.taylor(order: 1)) == draw(.gradient(eta: 1)))
        #expect(try draw(.taylor(order: 4)) == draw(.gradient(eta: 1)))
    }

    @Test(arguments: combinations)
    func anyNumberOfRanks(_ combination: ModuleCombination) throws {
        let model = try TestModel()
        let run = try model.run(
            .of(Self.ragged(combination, blocks: model.configuration.blocks)),
            scheduler: .unclipped(.dpmSolverPlusPlus))
        let expected = try model.drawAlone(run)
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            try model.check(run.over(communicator.size), on: communicator, equals: expected, "\(combination)")
        }
    }

    @Test(arguments: combinations)
    func imageDoesNotDependOnItsCompanions(_ combination: ModuleCombination) throws {
        let model = try TestModel()
        // More groups than travel at once, so that a cache's memory goes from one to the next.
        let images = (0..<7).map { ImageRequest(label: $0 % 4, seed: UInt64($0)) }
        let run = try model.run(
            .of(Self.ragged(combination, blocks: model.configuration.blocks)), images: images)
        let expected = try model.drawAlone(run)
        for (size, joins) in [(1, true), (2, false), (3, true)] {
            let batching = MicroBatching(imagesPerGroup: size, joinsBranches: joins, groupsInFlight: 2)
            try forEachCluster(ranks: [1, 3]) { communicator in
                try model.check(
                    run.over(communicator.size, batching), on: communicator, equals: expected,
                    "\(combination)")
            }
        }
    }

    @Test func everyStepTravels() throws {
        let model = try TestModel()
        let run = try model.run(.of(Self.ragged(.reuse, blocks: model.configuration.blocks)))
        let layout = model.configuration.layout
        let bytes = run.images.count * 2 * layout.rows * layout.width * 4
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let links = communicator.size - 1
            let trace = TraceRecorder(
                rank: communicator.rank, hostName: communicator.hostName, stepCount: Self.steps)
            _ = try model.draw(run.over(communicator.size), on: communicator, trace: trace)
            let traces = try communicator.gather(trace.summary(), to: 0)
            guard communicator.rank == 0 else { return }
            for step in 0..<Self.steps {
                try checkEqual(
                    traces.reduce(0) { $0 + $1.steps[step].activationBytes }, links * bytes,
                    "bytes of step \(step) on \(communicator.size) ranks")
            }
        }
    }

    /// With gates of 0 a module adds nothing whatever is taken for its output.
    @Test(arguments: combinations)
    func reuseOfBlocksThatDoNothingIsExact(_ combination: ModuleCombination) throws {
        let model = try TestModel(editing: { file in
            for name in file.names where name.contains("norm1.linear") { try file.fill(name, with: 0) }
        })
        let computed = try model.drawAlone(model.run(.of(String(repeating: "C", count: Self.steps))))
        let plan = try Self.ragged(combination, blocks: model.configuration.blocks)
        #expect(try model.drawAlone(model.run(.of(plan))) == computed)
    }

    /// Reuse of all blocks' offsets is reuse of their sum, but for the order of addition.
    @Test func offsetsOfAllBlocksAreTheResidual() throws {
        let model = try TestModel()
        let mask = "CCRCRRCC".map { $0 == "C" }
        let whole = try model.drawAlone(model.run(.of("CCRCRRCC")))
        let blockwise = try model.drawAlone(
            model.run(.of(ModulePlan(.offset, allBlocks: mask, blocks: model.configuration.blocks))))
        for (a, b) in zip(whole.latents, blockwise.latents) {
            for (x, y) in zip(a, b) {
                let (x, y) = (Float(bitPattern: x), Float(bitPattern: y))
                #expect(abs(x - y) <= 1e-4 * max(1, abs(x)))
            }
        }
    }
}

extension TestModel {
    /// A policy's plan for this model.
    func plan(_ policy: any ModulePolicy, changes: ModuleChanges? = nil) throws -> CachePlan {
        try CachePlan.make(
            policy: policy, blocks: configuration.blocks, for: .tiny(steps: ModulePlanTests.steps),
            changes: changes)
    }
}
