import Tables

extension EvaluationTable {
    /// The policies of the short table, as many as a page has room for, in the order in which they stand.
    private static let summarised = [
        "planned", "omnicache", "taylorseer", "fora", "uniform", "late", "similarity",
    ]

    /// A short table as Markdown, for a page that tells of the whole: both references, then at each budget the policies
    /// that are most asked for, and plain sampling of as many steps.
    ///
    /// A row of plain sampling is one sampler, measured against each reference at the timestep spacing that was chosen
    /// for it.
    public func summary() -> String {
        let columns = Self.columns
        var table = TextTable(columns.map(\.title), areText: columns.map(\.isText))
        for row in summaryRows { table.add(columns.map { $0.cell(row) ?? "–" }) }
        return table.markdown + "\n"
    }

    /// A row: what stands for it against the uncached run, and against the converged path.
    private struct Row {
        let name: String
        let uncached: EvaluationEntry?
        let converged: EvaluationEntry?

        /// What the columns that speak of no reference show.
        var any: EvaluationEntry? { uncached ?? converged }
    }

    private var summaryRows: [Row] {
        let references = entries.filter { $0.policy == "none" && $0.chosenFor == nil }.map {
            Row(name: "\($0.name): \(Self.escaped($0.sampler))", uncached: $0, converged: $0)
        }
        return references
            + budgets.flatMap { budget in
                let own = entries.filter { $0.policy != "none" && $0.budget == budget }
                let policies = Self.summarised.compactMap { name in
                    own.first { $0.policy == name }.map {
                        Row(name: "`\(name)`", uncached: $0, converged: $0)
                    }
                }
                let steps = own.first { $0.policy == "planned" }?.cost.equalSteps
                return policies + (steps.map(plain) ?? [])
            }
    }

    /// Each plain sampler of so many steps.
    private func plain(steps: Double) -> [Row] {
        let all = entries.filter { $0.chosenFor != nil && $0.cost.equalSteps == steps }
        let names = all.map(\.plainName).reduce(into: [String]()) { unique, name in
            if !unique.contains(name) { unique.append(name) }
        }
        return names.map { name in
            func chosen(_ reference: String) -> EvaluationEntry? {
                all.first { $0.plainName == name && $0.chosenFor?.contains(reference) == true }
            }
            let (uncached, converged) = (chosen("uncached"), chosen("converged"))
            let spacings = [uncached, converged].compactMap { $0?.spacing }
            let shown = spacings.first == spacings.last ? Array(spacings.prefix(1)) : spacings
            return Row(
                name: "\(name), \(shown.joined(separator: "/"))", uncached: uncached, converged: converged)
        }
    }

    private struct Column {
        let title: String
        var isText = false
        let cell: (Row) -> String?
    }

    private static var columns: [Column] {
        [
            Column(title: "steps' cost") { $0.any.map { fixedPoint($0.cost.equalSteps, digits: 1) } },
            Column(title: "policy or sampler", isText: true) { $0.name },
            Column(title: "PSNR to uncached, dB (worst; 5 %)") { row in
                row.uncached?.toUncached.map {
                    "\(fixedPoint($0.psnr, digits: 1)) (\(fixedPoint($0.psnrTail.worst, digits: 1)); "
                        + "\(fixedPoint($0.psnrTail.fifthPercentile, digits: 1)))"
                }
            },
            Column(title: "Δ planned") {
                $0.uncached?.toUncached?.toPlanned.map { fixedPoint($0.psnr, digits: 1) }
            },
            Column(title: "PSNR to converged, dB") {
                $0.converged?.toConverged.map { fixedPoint($0.psnr, digits: 1) }
            },
            Column(title: "Δ planned") {
                $0.converged?.toConverged?.toPlanned.map { fixedPoint($0.psnr, digits: 1) }
            },
            Column(title: "SSIM to uncached") {
                $0.uncached?.toUncached.map { fixedPoint($0.ssimLuma.mean, digits: 3) }
            },
            Column(title: "calibration, images") {
                $0.any?.calibrationImages.map { fixedPoint($0, digits: 0) }
            },
            Column(title: "s") { $0.any.map { fixedPoint($0.cost.seconds, digits: 2) } },
        ]
    }
}

extension EvaluationEntry {
    /// Of `25 × ddim, trailing` the sampler, in the spelling of a page.
    fileprivate var plainName: String {
        let kind = sampler.split(separator: "×").last?.split(separator: ",").first ?? ""
        let name = kind.split(separator: " ").joined(separator: " ")
        return ["ddim": "DDIM", "dpmsolver++": "DPM-Solver++"][name] ?? EvaluationTable.escaped(name)
    }

    /// Of `25 × ddim, trailing` the timestep spacing.
    fileprivate var spacing: String {
        EvaluationTable.escaped(
            (sampler.split(separator: ",").last ?? "").split(separator: " ").joined(separator: " "))
    }
}
