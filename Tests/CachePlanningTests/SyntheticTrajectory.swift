import CachePlanning

/// A smooth made-up run with every step computed, as the gather stage would see it.
struct SyntheticTrajectory {
    let channels = 2
    let height = 3
    let width = 5
    let steps: Int
    var outputs: [[Float]] = []
    var points: [[Float]] = []

    var count: Int { channels * height * width }

    init(steps: Int, seed: UInt64) {
        self.steps = steps
        var numbers = SeededNumbers(seed: seed)
        let parts = (0..<4).map { _ in numbers.array(2 * 3 * 5) }
        outputs = (0..<steps).map { step in
            let time = Float(step + 1) / Float(steps)
            return parts[0].indices.map {
                parts[0][$0] + time * parts[1][$0] + time * time * parts[2][$0]
                    + time * time * time * parts[3][$0]
            }
        }
        points = [parts[3].map { 20 * $0 }]
        for step in 0..<steps { points.append(zip(points[step], outputs[step]).map { $0 - 0.3 * $1 }) }
    }

    /// Reuse as total residuals would have it here: mostly the old output, a little of the new.
    func reused(step: Int, age: Int) -> [Float] {
        zip(outputs[step - age], outputs[step]).map { 0.9 * $0 + 0.1 * $1 }
    }

    /// How the output has grown, in place of the residual.
    func growth(_ step: Int) -> Double {
        func norm(_ values: [Float]) -> Double {
            values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
        return norm(outputs[step]) / norm(outputs[step - 1])
    }

    func summary(filter: FrequencyFilter? = nil) throws -> CalibrationSummary {
        var accumulator = CalibrationAccumulator(
            steps: steps, channels: channels, height: height, width: width,
            schedulerGains: Array(repeating: 1, count: steps), filter: filter)
        for step in 0..<steps {
            accumulator.record(point: step, values: points[step])
            if step > 0 { accumulator.record(step: step, residualGrowth: growth(step)) }
            var reusedOutputs: [Int: [Float]] = [:]
            for age in 1...4 where age <= step { reusedOutputs[age] = reused(step: step, age: age) }
            accumulator.record(step: step, output: outputs[step], reusedOutputs: reusedOutputs)
        }
        accumulator.record(point: steps, values: points[steps])
        return try accumulator.finish()
    }
}

/// The summary of several trajectories, added in order of their seeds.
func syntheticSummary(steps: Int, trajectories: Int = 2) throws -> CalibrationSummary {
    var sum = try SyntheticTrajectory(steps: steps, seed: 1).summary()
    for seed in 1..<trajectories {
        sum.merge(try SyntheticTrajectory(steps: steps, seed: UInt64(seed + 1)).summary())
    }
    return sum
}

/// A run of the given steps.
func subject(steps: Int) -> PlanSubject {
    PlanSubject(steps: steps, scheduler: "ddim", guidance: 2.5, modelHash: "00ff")
}
