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

/// Reuse of forecast residuals: neither ranks nor companions change a bit, and calibration finds the best one.
@Suite(.serialized)
struct ForecastRunTests {
    private func plan(order: Int, _ source: CorrectionSource = .none, gamma: Double = 0) throws -> CachePlan {
        let plain = try CachePlan.of("CCRCRRCRC", source, gamma: gamma)
        var correction = plain.correction
        correction.forecastOrder = order
        return try plain.correcting(correction)
    }

    @Test(arguments: 0...ResidualForecast.highestOrder, [CorrectionSource.none, .shadow])
    func anyNumberOfRanks(order: Int, _ source: CorrectionSource) throws {
        let model = try TestModel()
        let run = try model.run(
            plan(order: order, source, gamma: source == .none ? 0 : 0.6),
            scheduler: .unclipped(.dpmSolverPlusPlus))
        let expected = try model.drawAlone(run)
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            try model.check(run.over(communicator.size), on: communicator, equals: expected, "order \(order)")
        }
    }

    @Test func ordersDrawDifferently() throws {
        let model = try TestModel()
        let drawings = try (0...3).map { try model.drawAlone(model.run(plan(order: $0))).latents[0] }
        #expect(Set(drawings).count == 4)
        #expect(try model.drawAlone(model.run(.of("CCRCRRCRC"))).latents[0] == drawings[0])
    }

    /// Two residuals known: orders above 1 cannot do more than order 1.
    @Test func isOfNoHigherOrderThanResidualsAreKnown() throws {
        let model = try TestModel()
        func draw(_ order: Int) throws -> Drawing {
            let plain = try CachePlan.of("CCRR")
            var correction = plain.correction
            correction.forecastOrder = order
            return try model.drawAlone(model.run(plain.correcting(correction)))
        }
        #expect(try draw(3) == draw(1))
        #expect(try draw(1) != draw(0))
    }

    private static let trajectories = 3

    private func calibration(_ model: TestModel, _ cut: Partition, steps: Int) throws -> Calibration {
        try Calibration(
            trajectories: Self.trajectories, classes: Array(0..<model.configuration.classes),
            subject: .tiny(steps: steps), scheduler: .unclipped(.ddim), partition: cut,
            model: model.configuration)
    }

    /// Of two masks and every order, each drawn again by itself, none ends nearer to the uncached images.
    @Test func calibrationTakesTheForecastThatEndsNearest() throws {
        let model = try TestModel()
        let plans = try ["CCRCRRCRC", "CCCRCCRRC"].map { try CachePlan.of($0) }
        let whole = try Partition(balanced: model.configuration.blocks, over: 1)
        let calibration = try self.calibration(model, whole, steps: 9)
        func ends(_ plan: CachePlan) throws -> [[Float]] {
            var run = calibration.run
            run.images = Array(run.images.prefix(Self.trajectories))
            run.plan = plan
            return try model.drawAlone(run).latents.map { $0.map(Float.init(bitPattern:)) }
        }
        let uncached = try ends(.of("CCCCCCCCC"))
        func errors(_ plan: CachePlan) throws -> [Double] {
            try zip(ends(plan), uncached).map { relativeDifference($0, $1) }
        }
        func distance(_ errors: [Double]) -> Double {
            errors.reduce(0) { $0 + log($1) } / Double(errors.count)
        }
        func best(of plans: [CachePlan]) throws -> CachePlan {
            try calibration.best(
                of: plans, outputEnergies: Array(repeating: 1, count: 9), stage: model.stage(whole, rank: 0),
                communicator: SingleRank(), trace: TraceRecorder(rank: 0, hostName: "here", stepCount: 9)
            ).plan
        }
        let found = try best(of: plans)
        let own = try errors(found)
        let squares = own.reduce(0) { $0 + $1 * $1 } / Double(own.count)
        #expect(abs(found.predictedError / squares.squareRoot() - 1) < 1e-5)
        let others = try plans.flatMap { plan in
            try (0...ResidualForecast.highestOrder).map { order in
                var correction = plan.correction
                correction.forecastOrder = order
                return distance(try errors(plan.correcting(correction)))
            } + [distance(try errors(best(of: [plan])))]
        }
        #expect(others.allSatisfy { distance(own) <= $0 + 1e-6 }, "\(distance(own)), \(others)")
        // They differ, so that the order in which they come does not decide.
        #expect((others.max() ?? 0) - (others.min() ?? 0) > 0.1, "\(others)")
        #expect(try best(of: plans.reversed()) == found)
    }

    @Test func anyNumberOfRanksTakesTheSameForecast() throws {
        let model = try TestModel()
        let start = try plan(order: 0)
        let whole = try Partition(balanced: model.configuration.blocks, over: 1)
        @Sendable func best(_ cut: Partition, _ communicator: any Communicator) throws -> CachePlan {
            try self.calibration(model, cut, steps: start.steps).best(
                of: [start], outputEnergies: Array(repeating: 1, count: start.steps),
                stage: model.stage(cut, rank: communicator.rank), communicator: communicator,
                trace: TraceRecorder(
                    rank: communicator.rank, hostName: communicator.hostName, stepCount: start.steps)
            ).plan
        }
        let found = try best(whole, SingleRank())
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let cut = try Partition(balanced: model.configuration.blocks, over: communicator.size)
            try check(best(cut, communicator) == found, "\(communicator.size) ranks find another forecast")
        }
    }
}
