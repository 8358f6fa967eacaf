import CachePlanning
import Checkpoints
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

    @Test func calibrationTakesTheForecastThatEndsNearest() throws {
        let model = try TestModel()
        let start = try plan(order: 0)
        let whole = try Partition(balanced: model.configuration.blocks, over: 1)
        @Sendable func best(_ cut: Partition, _ communicator: any Communicator) throws -> CachePlan {
            let calibration = try Calibration(
                trajectories: 3, classes: Array(0..<model.configuration.classes),
                subject: .tiny(steps: start.steps), scheduler: .unclipped(.ddim), partition: cut,
                tokens: model.configuration.tokens)
            return try calibration.best(
                of: [start], outputEnergies: Array(repeating: 1, count: start.steps),
                stage: model.stage(cut, rank: communicator.rank), communicator: communicator,
                trace: TraceRecorder(
                    rank: communicator.rank, hostName: communicator.hostName, stepCount: start.steps)
            ).plan
        }
        let found = try best(whole, SingleRank())
        #expect(found.mask == start.mask && found.predictedError > 0)
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let cut = try Partition(balanced: model.configuration.blocks, over: communicator.size)
            try check(best(cut, communicator) == found, "\(communicator.size) ranks find another forecast")
        }
    }
}
