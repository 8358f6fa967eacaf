import Platform

/// DPM-Solver++ by blocks of as many steps as its order (Lu et al., arXiv 2211.01095, algorithm 1), as diffusers'
/// `DPMSolverSinglestepScheduler` with `dpmsolver++` and `midpoint` computes it.
///
/// Each step of a block starts anew from the sample at the block's start, of which a later one knows more.
struct DPMSolverSinglestepScheduler: NoiseLevelScheduler {
    let course: NoiseLevels
    let remembered: [String]
    private let updates: [Update]

    /// One step's coefficients: x' = `ofSample`·x_b + `ofFirst`·x₀_b + `ofLatest`·x₀, where x_b and x₀_b are of the
    /// block's start.
    private struct Update: Sendable {
        let beginsBlock: Bool
        let ofSample: Float
        let ofFirst: Float
        let ofLatest: Float
    }

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SchedulerError) {
        let order = try configuration.checkedSolverOrder
        // The class knows no other spacing.
        var spaced = configuration
        spaced.spacing = .linspace
        course = try NoiseLevels(solver: spaced, steps: steps)
        let levels = course.levels
        let orders = Self.orders(configuration, steps: steps)
        updates = orders.enumerated().map { step, order in
            Self.update(from: levels[step - order + 1], at: levels[step], to: levels[step + 1], order: order)
        }
        remembered = order == 1 ? [] : ["block_sample", "block_original"]
    }

    /// The order of each step: 1, 2 … of each block, and low ones at the end.
    private static func orders(_ configuration: SchedulerConfiguration, steps: Int) -> [Int] {
        let order = configuration.solverOrder
        var orders = (0..<steps).map { $0 % order + 1 }
        // As diffusers, which turns `lower_order_final` on where the last block is short or σ ends at 0.
        let endsLow =
            configuration.lowerOrderFinal || configuration.finalSigmaIsZero || steps % order != 0
        if endsLow, steps % order == 0 { orders[steps - 1] = 1 }
        if configuration.finalSigmaIsZero { orders[steps - 1] = 1 }
        return orders
    }

    /// - Parameters:
    ///   - start: the level at the block's start.
    ///   - now: that of the latest output.
    private static func update(
        from start: NoiseLevel, at now: NoiseLevel, to next: NoiseLevel, order: Int
    ) -> Update {
        let width = next.lambda - start.lambda
        let decay = exp(-width) - 1
        let part = now.lambda - start.lambda
        // Where a block goes nowhere its latest output has no slope.
        let slope = order == 1 || part == 0 ? 0 : 1 / (part / width)
        let ofSlope =
            switch order {
            case 1: Float(0)
            case 2: -0.5 * (next.signal * decay) * slope
            default: width == 0 ? 0 : next.signal * (decay / width + 1) * slope
            }
        return Update(
            beginsBlock: order == 1, ofSample: next.noise / start.noise,
            ofFirst: -(next.signal * decay) - ofSlope, ofLatest: ofSlope)
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
            guard !remembered.isEmpty else {
                sample[index] = update.ofSample * sample[index] + update.ofFirst * original
                continue
            }
            if update.beginsBlock {
                history.arrays[0][index] = sample[index]
                history.arrays[1][index] = original
            }
            sample[index] =
                update.ofSample * history.arrays[0][index] + update.ofFirst * history.arrays[1][index]
                + update.ofLatest * original
        }
    }
}
