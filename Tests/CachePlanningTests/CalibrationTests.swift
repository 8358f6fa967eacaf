import CachePlanning
import Failures
import Foundation
import Testing

@Suite(.serialized)
struct CalibrationTests {
    /// The plans that a summary leads to: all of its numbers show in one or the other.
    private func plans(_ summary: CalibrationSummary) throws -> [CachePlan] {
        let sources: [CorrectionChoice] = [
            .fixed(.shadow, filtered: true), .fixed(.shadow, filtered: false),
            .fixed(.previousOutput, filtered: true), .fixed(.previousOutput, filtered: false),
        ]
        return try sources.flatMap { choice in
            try [PolicyName.planned, .similarity, .magcache].map { policy in
                try CachePlan.make(
                    policy: policy, rules: .init(preset: .slow), correction: choice,
                    for: subject(steps: summary.steps), calibration: summary)
            }
        }
    }

    private func sum(_ parts: [CalibrationSummary]) throws -> CalibrationSummary {
        var sum = try #require(parts.first)
        for part in parts.dropFirst() { sum.merge(part) }
        return sum
    }

    @Test func theSameOrderGivesTheSameBits() throws {
        let parts = try (1...4).map { try SyntheticTrajectory(steps: 12, seed: $0).summary() }
        #expect(try sum(parts) == sum(parts))
        #expect(try sum(parts).trajectories == 4)
    }

    @Test func anyGroupingGivesTheSamePlansToRounding() throws {
        let parts = try (1...4).map { try SyntheticTrajectory(steps: 12, seed: $0).summary() }
        let one = try plans(sum(parts))
        let other = try plans(sum([sum([parts[3], parts[1]]), sum([parts[0], parts[2]])]))
        for (a, b) in zip(one, other) {
            #expect(a.mask == b.mask)
            let numbers = zip(
                a.scores + a.correction.gamma + a.expectedError,
                b.scores + b.correction.gamma + b.expectedError)
            for (x, y) in numbers { #expect(abs(x - y) < 1e-11) }
        }
    }

    @Test(arguments: [1, 2, 3, 7])
    func shortRunsAreCalibratedToo(_ steps: Int) throws {
        let summary = try SyntheticTrajectory(steps: steps, seed: 1).summary()
        #expect(summary.meanCurvature(.turn).count == steps)
        #expect(summary.meanOutputChange.count == steps)
    }

    @Test func curvatureIsThatOfThePoints() throws {
        let trajectory = SyntheticTrajectory(steps: 8, seed: 6)
        let gram = trajectory.points.flatMap { a in
            trajectory.points.map { b in zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        }
        let expected = try TrajectoryGeometry(gram: gram, points: 9).curvature(.turn)
        let found = try trajectory.summary().meanCurvature(.turn)
        for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-5) }
    }

    @Test func survivesJSONBitForBit() throws {
        let summary = try syntheticSummary(steps: 7)
        let text = try JSONEncoder().encode(summary)
        #expect(try JSONDecoder().decode(CalibrationSummary.self, from: text) == summary)
    }

    @Test(arguments: ["\"steps\":7", "\"trajectories\":2"], ["8", "0", "-1", "1e9"])
    func aDamagedRecordIsRefused(key: String, value: String) throws {
        let text = String(decoding: try JSONEncoder().encode(syntheticSummary(steps: 7)), as: UTF8.self)
        let name = key.prefix { $0 != ":" }
        let damaged = text.replacingOccurrences(of: key, with: "\(name):\(value)")
        #expect(damaged != text)
        #expect(throws: PlanError.self) {
            try JSONDecoder().decode(CalibrationSummary.self, from: Data(damaged.utf8))
        }
    }

    @Test func aPredictionThatIsNotFiniteIsAnError() {
        var trajectory = SyntheticTrajectory(steps: 6, seed: 1)
        trajectory.outputs[3][4] = .nan
        #expect { try trajectory.summary() } throws: {
            ($0 as? PlanError)?.kind == .calibration && ($0 as? PlanError)?.failureKind == .fault
        }
    }
}
