import Testing

@testable import CachePlanning

@Suite(.serialized)
struct MagCacheTests {
    private func mask(
        _ growth: [Double], _ rules: SelectionRules
    ) throws -> ReuseMask {
        var summary = try SyntheticTrajectory(steps: growth.count, seed: 1).summary()
        summary.residualGrowths = growth
        return try MagCachePolicy().select(steps: growth.count, rules: rules, calibration: summary).mask
    }

    @Test func reusesWhereTheMagnitudeHolds() throws {
        var growth = Array(repeating: 1.0, count: 12)
        growth[5] = 0.5
        growth[6] = 2
        #expect(try mask(growth, .init(reuseFraction: 4.0 / 12)).runs == [2..<4, 7..<9])
    }

    /// Behind a computed step each step drifts by a tenth: two in a row make an error of 0.1 + 0.21, which a lower
    /// bound than the one that takes every second step would never do.
    @Test(arguments: [(4, [2..<3, 4..<5, 6..<7, 8..<9]), (5, [2..<4, 5..<7, 8..<9])])
    func theErrorAddsUpOverARun(budget: Int, runs: [Range<Int>]) throws {
        let growth = Array(repeating: 1.1, count: 10)
        #expect(try mask(growth, .init(reuseFraction: Double(budget) / 10)).runs == runs)
    }

    @Test func driftsThatCancelAreNoError() throws {
        var growth = Array(repeating: 3.0, count: 9)
        (growth[4], growth[5], growth[7]) = (1, 1, 1)
        #expect(try mask(growth, .init(reuseFraction: 3.0 / 9)).runs == [4..<6, 7..<8])
    }

    @Test func scoresAreTheDriftOfEachStep() throws {
        let trajectory = SyntheticTrajectory(steps: 9, seed: 3)
        let scores = try MagCachePolicy().select(
            steps: 9, rules: .init(reuseFraction: 0.3), calibration: trajectory.summary()
        ).scores
        #expect(scores[0] == 0)
        for step in 1..<9 { #expect(scores[step] == abs(1 - trajectory.growth(step))) }
    }
}
