extension EvaluationTable {
    /// The table as Markdown: a paragraph of title and model, the columns that a page has room for, notes as a list.
    ///
    /// Cells are padded, so that the source reads as a table as well; "–" is what was not measured.
    public func markdown() -> String {
        let columns = TableColumn.measured(entries).filter { !$0.isDetail }
        let cells = columns.map { column in
            [column.fullTitle] + entries.map { Self.escaped(column.cell($0) ?? "–") }
        }
        let widths = cells.map { $0.map(\.count).max() ?? 0 }
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        func row(_ index: Int) -> String {
            line(columns.indices.map { columns[$0].padded(cells[$0][index], to: widths[$0]) })
        }
        let rule = zip(columns, widths).map { column, width in
            String(repeating: "-", count: max(1, width - 1)) + (column.isText ? "-" : ":")
        }
        let table = [row(0), line(rule)] + entries.indices.map { row($0 + 1) }
        let heading = Self.escaped("\(title): \(model)")
        let remarks = notes.map { "- " + Self.escaped($0) }
        return ([heading, ""] + table + (remarks.isEmpty ? [] : [""]) + remarks).joined(separator: "\n")
            + "\n"
    }

    /// Text that Markdown shows as it is, in one line.
    private static func escaped(_ text: String) -> String {
        let special: Set<Unicode.Scalar> = ["\\", "|", "*", "_", "`", "<", "[", "~"]
        return text.unicodeScalars.reduce(into: "") { escaped, scalar in
            if special.contains(scalar) { escaped += "\\" }
            if scalar == "\n" || scalar == "\r" {
                escaped += " "
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
