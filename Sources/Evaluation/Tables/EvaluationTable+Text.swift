extension EvaluationTable {
    /// The table for a terminal: title, two lines of headings with units, a line for each entry, notes.
    ///
    /// Names stand at the left, numbers at the right of their columns; "–" is what was not measured, and columns
    /// without any value are left out. Columns that the width has no place for are named below the table.
    /// - Parameter width: characters in a line; the first column is shown whatever it is.
    public func text(width: Int) -> String {
        let measured = TableColumn.measured(entries)
        var shown: [(column: TableColumn, cells: [String])] = []
        var used = 0
        for column in measured {
            let cells = [column.title, column.unit] + entries.map { column.cell($0) ?? "–" }
            let columnWidth = cells.map(\.count).max() ?? 0
            guard shown.isEmpty || used + 2 + columnWidth <= width else { break }
            used += columnWidth + (shown.isEmpty ? 0 : 2)
            shown.append((column, cells.map { column.padded($0, to: columnWidth) }))
        }

        var lines = ["\(title): \(model)", ""]
        for row in 0..<entries.count + 2 {
            let line = shown.map { $0.cells[row] }.joined(separator: "  ")
            lines.append(String(line.reversed().drop { $0 == " " }.reversed()))
            if row == 1 { lines.append(String(repeating: "─", count: used)) }
        }
        let hidden = measured.dropFirst(shown.count).map(\.fullTitle)
        let remarks =
            notes + (hidden.isEmpty ? [] : ["Not in \(width) columns: \(hidden.joined(separator: ", "))."])
        return (lines + (remarks.isEmpty ? [] : [""]) + remarks).joined(separator: "\n") + "\n"
    }
}
