/// Gathers one trajectory's calibration while its run goes on.
///
/// Steps are recorded in order, each with what the model predicted and what reuse would have; points may come at
/// any time. Only the last few steps' vectors are kept, and the points.
///
/// In the notation of OmniCache (arXiv 2508.16212), q_i^{(a)} = ε̃_{i|i−a} − ε_i: the output of step i with the
/// residual, or the modules, of step i−a in place of its blocks, less its true output.
public struct CalibrationAccumulator: Sendable {
    private let splitter: BandSplitter
    private var summary: CalibrationSummary
    private var points: [[Float]?]
    private var nextStep = 0
    private var growths: [[Double]]
    /// The outputs of the last `reach` steps, the newest last.
    private var outputs: [[Float]] = []
    /// What each source measured at the last `reach` steps, the newest last.
    private var noises: [StepNoise] = []

    /// An accumulator for one trajectory.
    /// - Parameters:
    ///   - steps: S.
    ///   - channels: C of the latents [C, H, W].
    ///   - height: H.
    ///   - width: W.
    ///   - reuseOf: what reuse is tried with.
    ///   - schedulerGains: [S], how far the scheduler alone moves the final point for a unit of error in the output
    ///     of each step.
    ///   - filter: measured beside no filter; by default the low-pass early and the high-pass late.
    public init(
        steps: Int, reuseOf: ReusedPart = .residual, channels: Int, height: Int, width: Int,
        schedulerGains: [Double],
        filter: FrequencyFilter? = nil
    ) {
        let filter = filter ?? .lowThenHigh(steps: steps)
        splitter = BandSplitter(filter, channels: channels, height: height, width: width)
        summary = CalibrationSummary(
            steps: steps, reuseOf: reuseOf, filter: filter, schedulerGains: schedulerGains)
        points = Array(repeating: nil, count: steps + 1)
        growths = Array(repeating: [], count: steps)
    }

    /// Records a point of the trajectory.
    /// - Parameters:
    ///   - point: i, 0 … S; S is the finished latent.
    ///   - values: [C, H, W] x_i / √ᾱ_i.
    public mutating func record(point: Int, values: [Float]) {
        precondition(values.count == splitter.count, "\(values.count) numbers, expected \(splitter.count)")
        points[point] = values
    }

    /// Records how the magnitude of what the blocks add has grown from the step before, in one branch of guidance.
    /// - Parameters:
    ///   - step: i, 1 ..< S. A step of which nothing is recorded counts as 1.
    ///   - residualGrowth: the mean over tokens of ‖r_i‖ / ‖r_{i−1}‖.
    public mutating func record(step: Int, residualGrowth: Double) { growths[step].append(residualGrowth) }

    /// Records a step; steps come in order.
    ///
    /// - Parameters:
    ///   - step: i, 0 ..< S.
    ///   - output: [C, H, W] ε_i, guided, as the scheduler gets it.
    ///   - reusedOutputs: for each age a of 1 … ``CalibrationSummary/probeReach`` with a ≤ i: [C, H, W] ε̃_{i|i−a},
    ///     guided. An age that is missing gets no correction, and forecasts do not look so far back.
    public mutating func record(step: Int, output: [Float], reusedOutputs: [Int: [Float]]) {
        precondition(step == nextStep && step < summary.steps, "step \(step), expected step \(nextStep)")
        precondition(output.count == splitter.count, "\(output.count) numbers, expected \(splitter.count)")
        nextStep += 1
        summary.outputEnergies[step] = innerProduct(output, output)
        if let previous = outputs.last { recordChange(at: step, from: previous, to: output) }

        var noise = StepNoise()
        for age in 1...CalibrationSummary.reach {
            if let reused = reusedOutputs[age] {
                let wrong = difference(reused, output)
                recordReuse(at: step, age: age, noise: wrong)
                noise.shadow[age] = SplitNoise(wrong, splitter)
            }
            if age <= outputs.count {
                noise.previousOutput[age] = SplitNoise(
                    difference(outputs[outputs.count - age], output), splitter)
            }
        }
        recordForecasts(at: step, reusedOutputs.mapValues { difference($0, output) })
        noises = (noises + [noise]).suffix(CalibrationSummary.reach)
        outputs = (outputs + [output]).suffix(CalibrationSummary.reach)
    }

    /// The trajectory's summary.
    /// - Precondition: every step and every point was recorded.
    /// - Throws: `PlanError` (calibration) if a number is not finite.
    public func finish() throws(PlanError) -> CalibrationSummary {
        let path = points.compactMap { $0 }
        precondition(
            nextStep == summary.steps && path.count == summary.steps + 1,
            "\(nextStep) of \(summary.steps) steps and \(path.count) of \(summary.steps + 1) points recorded")
        var finished = summary
        finished.trajectories = 1
        finished.residualGrowths = growths.map { $0.isEmpty ? 1 : $0.reduce(0, +) / Double($0.count) }
        let geometry = try TrajectoryGeometry(gram: gramMatrix(path), points: path.count)
        finished.reuseEnergiesOfEach = [finished.reuseEnergies]
        finished.finalEnergies = [path.last.map { innerProduct($0, $0) } ?? 0]
        finished.curvatures = CurvatureMeasure.allCases.map { geometry.curvature($0) }
        guard finished.isFinite else {
            throw PlanError(
                .calibration, "calibration: a prediction is not finite; are the weights damaged?")
        }
        return finished
    }

    /// Adds what forecasts get wrong, to first order: since their weights add up to 1, the noise of a forecast is that
    /// sum of the noises of the residuals it is made of.
    private mutating func recordForecasts(at step: Int, _ noises: [Int: [Float]]) {
        let reach = 1...CalibrationSummary.reach
        for (place, order) in CalibrationSummary.plannedOrders.enumerated() {
            for age in reach {
                for spacing in reach {
                    let known = (0...order).map { step - age - $0 * spacing }
                        .prefix { $0 >= 0 && noises[step - $0] != nil }
                    guard !known.isEmpty else { continue }
                    let weights = ResidualForecast.weights(at: step, through: Array(known), order: order)
                    var sum = Array(repeating: Float(0), count: splitter.count)
                    for (weight, source) in zip(weights, known) {
                        guard let noise = noises[step - source] else { continue }
                        for index in sum.indices { sum[index] += weight * noise[index] }
                    }
                    let index = NoiseCorrelation.index(step: step, age: age, spacing: spacing)
                    summary.forecastEnergies[place][index] = innerProduct(sum, sum)
                }
            }
        }
    }

    private mutating func recordChange(at step: Int, from previous: [Float], to output: [Float]) {
        let change = difference(output, previous)
        let before = summary.outputEnergies[step - 1]
        let relative = before > 0 ? (innerProduct(change, change) / before).squareRoot() : 0
        summary.outputChanges[step] = relative
        if step == 1 { summary.outputChanges[0] = relative }
    }

    /// Adds how reuse at `step` goes with the noise measured `age` steps before.
    private mutating func recordReuse(at step: Int, age: Int, noise: [Float]) {
        summary.reuseEnergies[step * CalibrationSummary.reach + age - 1] = innerProduct(noise, noise)
        guard age <= noises.count else { return }
        let measured = noises[noises.count - age]
        for index in summary.correlations.indices {
            let correlation = summary.correlations[index]
            for (spacing, split) in measured.of(correlation.source) {
                let place = NoiseCorrelation.index(step: step, age: age, spacing: spacing)
                let part = correlation.filtered ? split.filtered(by: splitter.filter, at: step) : split.whole
                summary.correlations[index].crosses[place] = innerProduct(part, noise)
                summary.correlations[index].energies[place] = innerProduct(part, part)
            }
        }
    }
}

/// What the sources measured at one step, by the spacing from the computed step before it.
private struct StepNoise: Sendable {
    var shadow: [Int: SplitNoise] = [:]
    var previousOutput: [Int: SplitNoise] = [:]

    func of(_ source: CorrectionSource) -> [Int: SplitNoise] {
        switch source {
        case .none: [:]
        case .previousOutput: previousOutput
        case .shadow: shadow
        }
    }
}

/// A noise and its two bands.
private struct SplitNoise: Sendable {
    let whole: [Float]
    let low: [Float]
    let high: [Float]

    init(_ noise: [Float], _ splitter: BandSplitter) {
        whole = noise
        low = splitter.low(noise)
        high = difference(noise, low)
    }

    func filtered(by filter: FrequencyFilter, at step: Int) -> [Float] {
        switch filter.kind {
        case .none: whole
        case .lowThenHigh: step < filter.switchStep ? low : high
        }
    }
}

/// [points, points]: inner products of the points as seen from the last one, so that none of the path's fine
/// turns near its end is lost beside the length of its start.
private func gramMatrix(_ path: [[Float]]) -> [Double] {
    guard let end = path.last else { return [] }
    let seen = path.map { difference($0, end) }
    var gram = Array(repeating: 0.0, count: path.count * path.count)
    for i in path.indices {
        for j in 0...i {
            let product = innerProduct(seen[i], seen[j])
            gram[i * path.count + j] = product
            gram[j * path.count + i] = product
        }
    }
    return gram
}
