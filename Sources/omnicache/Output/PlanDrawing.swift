import CachePlanning
import Tables

/// A plan as a few lines of text: which steps are computed, and the score that they were chosen by.
struct PlanDrawing: CustomStringConvertible {
    let plan: CachePlan
    private static let stepsPerLine = 50

    var description: String {
        guard plan.dynamic == nil else { return headline }
        var lines = [headline]
        let marks = scoreMarks
        let inPart = (0..<plan.steps).contains { plan.kind(of: $0) == .partial } ? "▒ in part  " : ""
        for start in stride(from: 0, to: plan.steps, by: Self.stepsPerLine) {
            let part = start..<min(start + Self.stepsPerLine, plan.steps)
            lines.append("  steps \(part.lowerBound)–\(part.upperBound - 1)   █ computed  \(inPart)· reused")
            lines.append("    mask   " + part.map(mark).joined())
            if let marks { lines.append("    score  " + part.map { marks[$0] }.joined()) }
        }
        if plan.correction.source != .none {
            lines.append(
                "  correction from \(plan.correction.source.rawValue), filter \(plan.correction.filter.kind.rawValue)"
            )
        }
        if plan.correction.forecastOrder > 0 {
            let what = plan.reuseOf == .modules ? "modules' outputs" : "residuals"
            lines.append("  reused \(what) are a forecast of order \(plan.correction.forecastOrder)")
        }
        let errors = plan.mask.computed.indices.filter { !plan.mask.computed[$0] }.map {
            plan.expectedError[$0]
        }
        if plan.modules == nil, plan.calibration.trajectories > 0, let worst = errors.max() {
            let mean = errors.reduce(0, +) / Double(errors.count)
            lines.append(
                "  expected error of a reused prediction: \(fixedPoint(100 * mean, digits: 2)) % on average, "
                    + "\(fixedPoint(100 * worst, digits: 2)) % at most, from \(counted(plan.calibration.trajectories, "trajectory", "trajectories"))"
            )
        }
        if plan.predictedError > 0 {
            lines.append(
                "  expected error of the final latent: \(fixedPoint(100 * plan.predictedError, digits: 2)) %, "
                    + "± \(fixedPoint(100 * plan.predictedSpread, digits: 2)) % from image to image")
        }
        return lines.joined(separator: "\n")
    }

    private var headline: String {
        let name = plan.policy.rawValue
        if let modules = plan.modules {
            let all = 2 * modules.blocks * plan.steps
            let computed = (0..<plan.steps).reduce(0) { $0 + modules.computedModules(at: $1) }
            return "\(name): \(computed) of \(all) modules computed in \(counted(plan.steps, "step")) of "
                + "\(counted(modules.blocks, "block")), others by \(modules.combination.name); every step goes through all ranks"
        }
        if let rule = plan.dynamic {
            let expected = rule.expectedComputedSteps.map {
                ": about \(fixedPoint($0, digits: 1)) of \(counted(plan.steps, "step")) computed, as "
                    + "\(counted(plan.calibration.trajectories, "trajectory", "trajectories")) decided"
            }
            return
                "\(name): decided for each image while sampling, threshold \(fixedPoint(rule.threshold, digits: 5)) on "
                + "\(rule.signal.rawValue)" + (expected ?? "")
        }
        guard plan.mask.reusedCount > 0 else {
            return "\(name): \(plan.steps) of \(counted(plan.steps, "step")) computed, none reused"
        }
        return "\(name): \(plan.mask.computedSteps.count) of \(plan.steps) steps computed, "
            + "\(plan.mask.reusedCount) reused (\(fixedPoint(Double(plan.steps) / Double(plan.mask.computedSteps.count), digits: 2))× "
            + "fewer block evaluations)"
    }

    private func mark(_ step: Int) -> String {
        switch plan.kind(of: step) {
        case .computed: "█"
        case .partial: "▒"
        case .reused: "·"
        }
    }

    /// Eight heights over the range of the scores; none if all scores are equal.
    private var scoreMarks: [String]? {
        guard let lowest = plan.scores.min(), let highest = plan.scores.max(), highest > lowest else {
            return nil
        }
        let heights = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        return plan.scores.map { heights[min(7, Int(8 * ($0 - lowest) / (highest - lowest)))] }
    }
}
