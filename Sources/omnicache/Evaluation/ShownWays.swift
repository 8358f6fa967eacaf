/// The ways that stand in the table: of plain sampling, the best timestep spacing alone.
struct ShownWays: Codable, Sendable {
    let uncached: SamplingWay
    let converged: SamplingWay
    /// All others, those of equal cost together, the dearest first.
    let others: [SamplingWay]

    var inTable: [SamplingWay] { [uncached] + others }
    var all: [SamplingWay] { [uncached, converged] + others }

    /// Chooses, of each baseline's spacings, the one that comes nearest to the converged path.
    init(_ ways: ComparedWays, _ state: EvaluationState) {
        uncached = ways.uncached
        converged = ways.converged
        func quality(_ way: SamplingWay) -> Double {
            let images = (state.drawn[way.key] ?? [:]).sorted { $0.key < $1.key }
            let all = images.compactMap { $0.value.toConverged?.psnr }
            return all.reduce(0, +) / Double(max(1, all.count))
        }
        others = ways.classes.flatMap { one in
            one.policies
                + one.baselines.compactMap { baseline in
                    baseline.candidates.max { quality($0) < quality($1) }
                }
        }
    }
}
