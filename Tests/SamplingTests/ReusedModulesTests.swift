import CachePlanning
import Checkpoints
import Models
import RunTrace
import Schedulers
import TestSupport
import Testing
import Transport

@testable import Sampling

/// Reused steps that take modules' outputs under the gates of now: what they equal, and what travels for them.
///
/// That neither ranks nor companions change a bit of them is tested where all policies are.
@Suite(.serialized)
struct ReusedModulesTests {
    /// Blocks that keep every output themselves and add it one after the other differ in the order of sums alone.
    @Test(arguments: ["CCRCRRC", "CRRRCR"], [1.0, 3.0])
    func equalsOutputsKeptByTheBlocks(_ mask: String, guidance: Double) throws {
        let model = try TestModel()
        let computed = mask.map { $0 == "C" }
        let blocks = try model.run(
            .of(ModulePlan(.reuse, allBlocks: computed, blocks: model.configuration.blocks)),
            guidance: guidance)
        let sums = try model.run(.of(mask, reuseOf: .modules), guidance: guidance)
        let residual = try model.run(.of(mask), guidance: guidance)
        let expected = try model.drawAlone(blocks)
        #expect(Self.distance(try model.drawAlone(sums), expected) < 1e-5)
        #expect(Self.distance(try model.drawAlone(residual), expected) > 1e-3)
    }

    @Test func reuseOfBlocksThatDoNothingIsExact() throws {
        let model = try TestModel(editing: { file in
            for name in file.names where name.contains("norm1.linear") { try file.fill(name, with: 0) }
        })
        let computed = try model.drawAlone(model.run(.of("CCCCC")))
        #expect(try model.drawAlone(model.run(.of("CRRRR", reuseOf: .modules))) == computed)
        let corrected = try model.run(.of("CCRCR", .shadow, gamma: 0.7, reuseOf: .modules))
        #expect(try model.drawAlone(corrected) == computed)
    }

    /// A computed step's message carries a sum for each reused step behind it, and one for the next computed step where
    /// a shadow pass is made.
    @Test(arguments: [
        Travel(order: 0, .none, [1, 2, 0, 3, 0, 0, 1, 1]),
        Travel(order: 0, .previousOutput, [1, 2, 0, 3, 0, 0, 1, 1]),
        Travel(order: 0, .shadow, [2, 3, 0, 3, 0, 0, 1, 1]),
        // A forecast of order 1 takes what two computed steps left.
        Travel(order: 1, .none, [2, 4, 0, 3, 0, 0, 1, 1]),
        Travel(order: 3, .none, [4, 4, 0, 3, 0, 0, 1, 1]),
        Travel(order: 1, .shadow, [4, 5, 0, 3, 0, 0, 1, 1]),
    ])
    func sumsTravelWithTheComputedStep(_ travel: Travel) throws {
        let model = try TestModel()
        let (plan, states) = (try Self.plan("CCRCRRCC", order: travel.order, travel.source), travel.states)
        #expect((0..<plan.steps).map(plan.travellingStates) == states)
        let run = try model.run(plan)
        let hidden = model.configuration.layout.rows * model.configuration.layout.width * 4
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            let recorder = TraceRecorder(
                rank: communicator.rank, hostName: communicator.hostName, stepCount: run.steps)
            _ = try model.draw(run.over(communicator.size), on: communicator, trace: recorder)
            let traces = try communicator.gather(recorder.summary(), to: 0)
            guard communicator.rank == 0 else { return }
            for step in states.indices {
                try checkEqual(
                    traces.reduce(0) { $0 + $1.steps[step].activationBytes },
                    (communicator.size - 1) * states[step] * 2 * run.images.count * hidden,
                    "bytes of step \(step) on \(communicator.size) ranks")
            }
        }
    }

    /// What travels under a plan of modules.
    struct Travel: Sendable {
        let order: Int
        let source: CorrectionSource
        /// [S]: hidden states.
        let states: [Int]

        init(order: Int, _ source: CorrectionSource, _ states: [Int]) {
            (self.order, self.source, self.states) = (order, source, states)
        }
    }

    private static func plan(
        _ mask: String, order: Int, _ source: CorrectionSource = .none
    ) throws -> CachePlan {
        let plain = try CachePlan.of(mask, source, gamma: source == .none ? 0 : 0.3, reuseOf: .modules)
        var correction = plain.correction
        correction.forecastOrder = order
        return try plain.correcting(correction)
    }

    /// Of order 1, through computed steps at equal distances, a forecast is TaylorSeer's of each module.
    @Test func forecastOfTheFirstOrderIsTaylorSeers() throws {
        let model = try TestModel()
        let mask = "CCRCRCRRC"
        let blocks = try model.run(
            .of(
                ModulePlan(
                    .taylor(order: 1), allBlocks: mask.map { $0 == "C" }, blocks: model.configuration.blocks))
        )
        let expected = try model.drawAlone(blocks)
        #expect(Self.distance(try model.drawAlone(model.run(Self.plan(mask, order: 1))), expected) < 1e-5)
        #expect(Self.distance(try model.drawAlone(model.run(Self.plan(mask, order: 0))), expected) > 1e-3)
    }

    @Test(arguments: 1...ResidualForecast.highestOrder, [CorrectionSource.none, .shadow])
    func forecastsOnAnyNumberOfRanks(order: Int, _ source: CorrectionSource) throws {
        let model = try TestModel()
        let run = try model.run(
            Self.plan("CCRCRRCRC", order: order, source), scheduler: .unclipped(.dpmSolverPlusPlus))
        let expected = try model.drawAlone(run)
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            try model.check(run.over(communicator.size), on: communicator, equals: expected, "order \(order)")
        }
    }

    /// The best forecast of modules is found the same on any number of ranks, and is no worse than none.
    @Test func calibrationChoosesAForecastOfModules() throws {
        let model = try TestModel()
        let start = try Self.plan("CCRCRRCRC", order: 0)
        @Sendable func best(_ cut: Partition, _ communicator: any Communicator) throws -> CachePlan {
            let calibration = try Calibration(
                trajectories: 3, classes: Array(0..<model.configuration.classes),
                subject: .tiny(steps: start.steps), reuseOf: .modules, scheduler: .unclipped(.ddim),
                partition: cut, model: model.configuration)
            return try calibration.best(
                of: [start], outputEnergies: Array(repeating: 1, count: start.steps),
                stage: model.stage(cut, rank: communicator.rank), communicator: communicator,
                trace: TraceRecorder(
                    rank: communicator.rank, hostName: communicator.hostName, stepCount: start.steps)
            ).plan
        }
        let whole = try Partition(balanced: model.configuration.blocks, over: 1)
        let found = try best(whole, SingleRank())
        #expect(found.reuseOf == .modules && found.mask == start.mask && found.predictedError > 0)
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let cut = try Partition(balanced: model.configuration.blocks, over: communicator.size)
            try check(best(cut, communicator) == found, "\(communicator.size) ranks find another forecast")
        }
    }

    /// Where the last step alone is reused, what that changes of the final latent is the scheduler's gain times the
    /// error that calibration saw.
    @Test(arguments: ReusedPart.allCases)
    func calibrationMeasuresTheErrorOfReuse(_ part: ReusedPart) throws {
        let model = try TestModel()
        let steps = PlanCase.steps
        let calibration = try Calibration(
            trajectories: 1, classes: Array(0..<model.configuration.classes), subject: .tiny(steps: steps),
            reuseOf: part, scheduler: .unclipped(.ddim),
            partition: Partition(balanced: model.configuration.blocks, over: 1),
            model: model.configuration)
        let image = [calibration.run.images[0]]
        func final(_ mask: String) throws -> [Float] {
            let run = try model.run(.of(mask, reuseOf: part), images: image)
            return try model.drawAlone(run).latents[0].map { Float(bitPattern: $0) }
        }
        let whole = String(repeating: "C", count: steps)
        let change = squaredDistance(try final(whole.dropLast() + "R"), try final(whole))
        let summary = try model.calibrateAlone(trajectories: 1, reuseOf: part)
        let gain = try makeScheduler(.unclipped(.ddim), steps: steps).endGains()[steps - 1]
        let measured = try #require(summary.reuseEnergy(step: steps - 1, age: 1))
        // Both are small differences of f32 numbers.
        #expect(abs(change / (gain * gain * measured) - 1) < 1e-2)
    }

    @Test func calibratesTheSameOnAnyNumberOfRanks() throws {
        let model = try TestModel()
        let alone = try model.calibrateAlone(reuseOf: .modules)
        #expect(alone.reuseOf == .modules)
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            let cut = try Partition(balanced: model.configuration.blocks, over: communicator.size)
            let summary = try model.calibrate(on: communicator, cut: cut, reuseOf: .modules)
            if let summary { try check(summary == alone, "a calibration on \(communicator.size) ranks") }
        }
        let residual = try model.calibrateAlone()
        #expect(throws: PlanError.self) {
            try CachePlan.make(
                policy: .omnicache, rules: SelectionRules(preset: .slow), reuseOf: .modules,
                for: .tiny(steps: PlanCase.steps), calibration: residual)
        }
        let plan = try CachePlan.make(
            policy: .omnicache, rules: SelectionRules(preset: .slow),
            correction: CorrectionLimits(filtered: true), reuseOf: .modules,
            for: .tiny(steps: PlanCase.steps), calibration: alone)
        #expect(plan.reuseOf == .modules && plan.correction.filter.kind == .lowThenHigh)
        #expect(plan.correction.forecastOrder == 0)
    }

    /// ‖a − b‖ / ‖b‖ of the latents of all images.
    private static func distance(_ a: Drawing, _ b: Drawing) -> Double {
        let one = a.latents.joined().map { Float(bitPattern: $0) }
        let other = b.latents.joined().map { Float(bitPattern: $0) }
        return (squaredDistance(one, other) / squaredDistance(other, other.map { _ in 0 })).squareRoot()
    }
}
