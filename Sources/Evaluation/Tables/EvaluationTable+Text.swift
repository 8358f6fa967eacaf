import Tables

extension EvaluationTable {
    /// The table for a terminal: title, two lines of headings with units, a line for each entry, notes.
    ///
    /// Names stand at the left, numbers at the right of their columns; "–" is what was not measured, and columns
    /// without any value are left out. Columns that the width has no place for are named below the table.
    /// - Parameter width: characters in a line; the first column is shown whatever it is.
    public func text(width: Int) -> String {
        let measured = TableColumn.measured(entries)
        var shown: [TableColumn] = []
        var used = -2
        for column in measured {
            used +=
                2
                + (([column.title, column.unit] + entries.compactMap(column.cell) + ["–"]).map(\.count).max()
                    ?? 0)
            guard shown.isEmpty || used <= width else { break }
            shown.append(column)
        }

        var table = TextTable(
            shown.map(\.title), units: shown.map(\.unit), areText: shown.map(\.isText))
        for entry in entries { table.add(shown.map { $0.cell(entry) ?? "–" }) }
        let hidden = measured.dropFirst(shown.count).map(\.fullTitle)
        let remarks =
            notes + (hidden.isEmpty ? [] : ["Not in \(width) columns: \(hidden.joined(separator: ", "))."])
        return (["\(title): \(model)", "", table.text] + (remarks.isEmpty ? [] : [""]) + remarks).joined(
            separator: "\n") + "\n"
    }
}
