/// Rows of text as a table, for a terminal or a page.
package struct TextTable {
    private let areText: [Bool]
    private let headingCount: Int
    private var rows: [[String]]

    /// A table that has its headings.
    /// - Parameters:
    ///   - headings: of each column.
    ///   - units: a second line of headings.
    ///   - areText: whether a column stands at the left; by default the first alone does, and numbers at the right.
    package init(_ headings: [String], units: [String]? = nil, areText: [Bool]? = nil) {
        rows = [headings] + (units.map { [$0] } ?? [])
        headingCount = rows.count
        self.areText = areText ?? headings.indices.map { $0 == 0 }
    }

    /// Adds a row of as many cells.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count == areText.count, "TextTable: \(cells.count) cells of \(areText.count)")
        rows.append(cells)
    }

    /// The table's lines, a rule below the headings.
    package var text: String {
        var lines = padded.map { String($0.joined(separator: "  ").trimmingSuffix { $0 == " " }) }
        let width = widths.reduce(2 * (widths.count - 1), +)
        lines.insert(String(repeating: "─", count: max(0, width)), at: headingCount)
        return lines.joined(separator: "\n")
    }

    /// The table in Markdown; its cells are taken as they are.
    package var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let rule = zip(areText, widths).map { isText, width in
            String(repeating: "-", count: max(1, width - 1)) + (isText ? "-" : ":")
        }
        var lines = padded.map(line)
        lines.insert(line(rule), at: headingCount)
        return lines.joined(separator: "\n")
    }

    private var widths: [Int] {
        areText.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    }

    private var padded: [[String]] {
        let widths = widths
        return rows.map { row in
            row.indices.map { column in
                let spaces = String(repeating: " ", count: widths[column] - row[column].count)
                return areText[column] ? row[column] + spaces : spaces + row[column]
            }
        }
    }
}

extension String {
    /// Without the characters at the end for which `isDropped` holds.
    fileprivate func trimmingSuffix(_ isDropped: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let last = text.last, isDropped(last) { text.removeLast() }
        return text
    }
}
