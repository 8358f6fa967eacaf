import Evaluation
import Foundation
import Testing

struct EvaluationEntryTests {
    @Test func isReadBackAsWritten() throws {
        var entry = EvaluationEntry(
            name: "planned 50 %", policy: "planned", sampler: "50 × ddim, leading", budget: 0.5,
            cost: EvaluationCost(
                computedSteps: 25, blockEvaluations: 600, flops: 1e12, seconds: 1.5, bytesMoved: 1e6))
        entry.classAccuracy = Estimate(mean: 0.97, standardError: 0.005)
        let json = try JSONEncoder().encode(entry)
        #expect(try JSONDecoder().decode(EvaluationEntry.self, from: json) == entry)
    }
}
