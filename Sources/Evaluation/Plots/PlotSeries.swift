/// What a plot shows of one policy: its entries as points, cheapest first.
struct PlotSeries {
    /// An entry's cost and quality.
    struct Point {
        let name: String
        let cost: Double
        let quality: Estimate
    }

    let name: String
    let entries: [EvaluationEntry]
    /// Whether it is ours, drawn last and thicker.
    var isOurs: Bool { name == "planned" }

    /// The policies of a table, ours first, the others as they first appear; the converged path is none of them.
    ///
    /// Plain sampling is a series for each sampler: `25 × ddim, trailing` belongs to "ddim, fewer steps".
    static func all(of entries: [EvaluationEntry]) -> [PlotSeries] {
        let entries = entries.filter { !$0.isConverged }
        let names = entries.map(name)
        var unique: [String] = []
        for name in names where !unique.contains(name) { unique.append(name) }
        let series = unique.map { name in
            PlotSeries(
                name: name,
                entries: zip(names, entries).filter { $0.0 == name }.map(\.1)
                    .sorted { $0.cost.blockEvaluations < $1.cost.blockEvaluations })
        }
        return series.filter(\.isOurs) + series.filter { !$0.isOurs }
    }

    private static func name(of entry: EvaluationEntry) -> String {
        guard entry.policy == "none" else { return entry.policy }
        let afterSteps = entry.sampler.split(separator: "×").last ?? ""
        let scheduler = afterSteps.split(separator: ",").first ?? afterSteps
        return scheduler.split(separator: " ").joined(separator: " ") + ", fewer steps"
    }

    /// What was measured against a reference; of plain sampling, at the timestep spacing that was chosen for it.
    func points(_ reference: String, _ closeness: (EvaluationEntry) -> Closeness?) -> [Point] {
        entries.compactMap { entry in
            guard entry.chosenFor?.contains(reference) ?? true, let quality = closeness(entry)?.psnr,
                quality.mean.isFinite,
                quality.standardError.isFinite, entry.cost.blockEvaluations.isFinite
            else { return nil }
            return Point(name: entry.name, cost: entry.cost.blockEvaluations, quality: quality)
        }
    }
}
