import Evaluation

/// The Markdown tables of a page, by their cells.
struct PageTables {
    let tables: [[[String]]]

    /// Those of a section, from its heading to the next of its level.
    init(section title: String, of page: String) {
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        let section = lines.drop { $0 != "## " + title }.dropFirst().prefix { !$0.hasPrefix("## ") }
        self.init(section)
    }

    init(_ lines: some Sequence<Substring>) {
        var tables: [[[String]]] = []
        var isInside = false
        for line in lines {
            if line.hasPrefix("|") {
                if !isInside { tables.append([]) }
                let cells = line.split(separator: "|").map { $0.filter { $0 != " " } }
                if !cells.allSatisfy({ $0.allSatisfy { "-:".contains($0) } }) {
                    tables[tables.count - 1].append(cells)
                }
            }
            isInside = line.hasPrefix("|")
        }
        self.tables = tables
    }

    /// What the tables that look like summaries say that no evaluation has measured, and what they lack.
    func contradictions(to evaluations: [EvaluationTable]) -> [String] {
        let measured = evaluations.map { table in
            PageTables(table.summary().split(separator: "\n")).tables[0]
        }
        let shown = tables.filter { $0.first == measured.first?.first }
        guard shown.count == measured.count else {
            return ["the section has \(shown.count) summaries, but \(measured.count) were measured"]
        }
        var found: [String] = []
        for (shown, measured) in zip(shown, measured) {
            guard shown.map(\.count) == measured.map(\.count) else {
                found.append("a summary has \(shown.count - 1) rows, measured: \(measured.count - 1)")
                continue
            }
            for (own, other) in zip(shown, measured) {
                for (cell, right) in zip(own, other) where cell != right {
                    found.append("\(own[1]): \(cell), measured: \(right)")
                }
            }
        }
        return found
    }
}
