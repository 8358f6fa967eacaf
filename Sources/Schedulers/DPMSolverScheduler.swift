import Platform

/// DPM-Solver++ (Lu et al., arXiv 2211.01095, algorithm 2), as diffusers' `DPMSolverMultistepScheduler` with
/// `dpmsolver++` and `midpoint` computes it.
///
/// The sample starts from unit noise. The first step is of order 1, and so is the last one if σ ends at 0, if
/// `eulerAtFinal`, or if `lowerOrderFinal` and there are fewer than 15 steps; the last but one is then of order 2 at
/// most. A step that follows a repeated timestep is of order 1 too, where diffusers would divide by 0.
struct DPMSolverScheduler: NoiseLevelScheduler {
    let course: NoiseLevels
    let remembered: [String]
    private let updates: [Update]

    /// One step's coefficients: x' = `ofSample`·x − `ofOriginal`·x₀ − ½·`ofOriginal`·`slope`·(x₀ − x₀ before).
    private struct Update: Sendable {
        let ofSample: Float
        let ofOriginal: Float
        /// nil: order 1, or 3.
        var slope: Float?
        /// Of order 3: what its two differences of x₀ add, latest first.
        var curve: (latest: Float, before: Float)?
    }

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SchedulerError) {
        let order = try configuration.checkedSolverOrder
        course = try NoiseLevels(solver: configuration, steps: steps)
        let levels = course.levels
        let endsLow = configuration.lowerOrderFinal && steps < 15
        let lastIsFirstOrder = configuration.finalSigmaIsZero || configuration.eulerAtFinal || endsLow
        updates = (0..<steps).map { step in
            let (now, next) = (levels[step], levels[step + 1])
            let width = next.lambda - now.lambda
            var update = Update(
                ofSample: next.noise / now.noise, ofOriginal: next.signal * (exp(-width) - 1))
            if order == 1 || step == 0 || (lastIsFirstOrder && step == steps - 1) { return update }
            let widthBefore = now.lambda - levels[step - 1].lambda
            if widthBefore == 0 { return update }
            let isThird = order == 3 && step > 1 && !(endsLow && step == steps - 2)
            let widthFirst = isThird ? levels[step - 1].lambda - levels[step - 2].lambda : 0
            if widthFirst == 0 || width == 0 {
                update.slope = 1 / (widthBefore / width)
                return update
            }
            update.curve = Self.curve(next.signal, width, widthBefore, widthFirst)
            return update
        }
        remembered = Array(["previous_original", "second_last_original"].prefix(order - 1))
    }

    /// Of order 3 (arXiv 2206.00927, appendix B): what (x₀ − x₀ before) and the difference before that add.
    private static func curve(
        _ signal: Float, _ width: Float, _ before: Float, _ first: Float
    ) -> (latest: Float, before: Float) {
        let (r0, r1) = (before / width, first / width)
        let decay = exp(-width) - 1
        let ofSlope = signal * (decay / width + 1)
        let ofBend = signal * ((decay + width) / (width * width) - 0.5)
        // D₁ = d₀ + r₀/(r₀ + r₁)·(d₀ − d₁) and D₂ = (d₀ − d₁)/(r₀ + r₁), with d₀ and d₁ the differences over r₀ and r₁.
        let ofBoth = (ofSlope * r0 - ofBend) / (r0 + r1)
        return ((ofSlope + ofBoth) / r0, -ofBoth / r1)
    }

    func step(
        _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
        history: inout SchedulerHistory
    ) {
        let update = updates[step]
        expect(modelOutput, "the model's output", of: sample)
        history.prepare(remembered.count, for: sample, step: step)
        for index in sample.indices {
            let original = course.original(of: modelOutput[index], at: sample[index], step)
            sample[index] = update.ofSample * sample[index] - update.ofOriginal * original
            if remembered.isEmpty { continue }
            let before = history.arrays[0][index]
            if let slope = update.slope {
                sample[index] -= (0.5 * update.ofOriginal) * (slope * (original - before))
            }
            if let curve = update.curve {
                sample[index] +=
                    curve.latest * (original - before) + curve.before * (before - history.arrays[1][index])
            }
            if remembered.count > 1 { history.arrays[1][index] = before }
            history.arrays[0][index] = original
        }
    }
}
