/// Rows of text as a table for a terminal: the first column at the left, the others at the right.
package struct TextTable {
    private var rows: [[String]]

    /// A table that has its headings.
    package init(_ headings: [String]) { rows = [headings] }

    /// Adds a row of as many cells.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count == rows[0].count, "TextTable: \(cells.count) cells of \(rows[0].count)")
        rows.append(cells)
    }

    /// The table's lines, a rule below the headings.
    package var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            let cells = row.indices.map { column in
                let spaces = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + spaces : spaces + row[column]
            }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
        lines.insert(String(repeating: "─", count: widths.reduce(2 * (widths.count - 1), +)), at: 1)
        return lines.joined(separator: "\n")
    }
}
