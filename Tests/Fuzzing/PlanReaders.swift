import CachePlanning
import Checkpoints
import Evaluation
import Foundation

/// Reads a plan, writes it again, and asks it everything that a run asks.
func readPlan(_ bytes: [UInt8]) throws {
    let plan = try CachePlan(json: bytes)
    precondition((try? CachePlan(json: plan.json())) == plan, "a plan does not read back as itself")
    let blocks = plan.modules?.blocks ?? 28
    for size in [1, 1 << 24, 1 << 55] {
        let block = BlockProducts(attention: size, mlp: 2 * size, modulation: size)
        _ = plan.cost(Array(repeating: block, count: blocks))
    }
    _ = (plan.hash, plan.travellingSteps, plan.mask.runs, plan.mask.computedSteps)
    try? plan.validate(for: plan.subject, blocks: blocks)
    for step in 0..<min(plan.steps, 100) {
        _ = (plan.needsShadowPass(at: step), plan.mask.age(of: step), plan.kind(of: step))
        _ = plan.dynamic?.change(Double(step))
    }
    let corrector = NoiseCorrector(plan.correction, channels: 1, height: 2, width: 3)
    let zeros = [Float](repeating: 0, count: 6)
    var output = zeros
    corrector.correct(&output, step: plan.steps - 1, lastQ: zeros)
}

/// Reads a stored calibration and makes plans of it.
func readCalibration(_ bytes: [UInt8]) throws {
    let summary = try JSONDecoder().decode(CalibrationSummary.self, from: Data(bytes))
    guard summary.trajectories > 0, summary.steps <= 100 else { return }
    let run = PlanSubject(steps: summary.steps, scheduler: "ddim", guidance: 4, modelHash: "0")
    for policy in PolicyName.allCases {
        for budget in [0.3, 0.5] {
            _ = try? CachePlan.make(
                policy: policy, rules: SelectionRules(reuseFraction: budget), for: run, calibration: summary)
        }
    }
    _ = try? CachePlan.candidates(
        policy: .planned, rules: SelectionRules(reuseFraction: 0.5), for: run, calibration: summary)
}

/// Reads an evaluation's table and statistics of features, and shows what they say.
func readEvaluation(_ bytes: [UInt8]) throws {
    if let statistics = try? JSONDecoder().decode(FeatureStatistics.self, from: Data(bytes)) {
        _ = statistics.frechetDistance(to: statistics)
    }
    let table = try EvaluationTable(json: bytes)
    _ = (table.csv(), table.markdown(), table.summary(), table.text(width: 80), table.svg())
}
