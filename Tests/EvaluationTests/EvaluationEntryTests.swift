import Evaluation
import Foundation
import Testing

struct EvaluationEntryTests {
    @Test func isReadBackAsWritten() throws {
        var entry = EvaluationEntry(
            name: "planned 50 %", policy: "planned", sampler: "50 × ddim, leading", budget: 0.5,
            cost: EvaluationCost(
                computedSteps: 25, equalSteps: 25, blockEvaluations: 600, flops: 1e12, seconds: 1.5,
                bytesMoved: 1e6))
        entry.calibrationImages = 304
        entry.classAccuracy = Estimate(mean: 0.97, standardError: 0.005)
        let json = try JSONEncoder().encode(entry)
        #expect(try JSONDecoder().decode(EvaluationEntry.self, from: json) == entry)
    }

    /// NumPy's percentile of the same numbers: linear between the nearest two.
    @Test func tailIsTheWorstAndTheFifthPercentile() {
        #expect(Tail(of: [3]) == Tail(worst: 3, fifthPercentile: 3))
        #expect(Tail(of: [30, 10, 20]) == Tail(worst: 10, fifthPercentile: 11))
        #expect(Tail(of: (0...20).map(Double.init).reversed()) == Tail(worst: 0, fifthPercentile: 1))
        #expect(Tail(of: [.infinity, .infinity]).fifthPercentile == .infinity)
    }
}
