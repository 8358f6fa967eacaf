extension EvaluationTable {
    /// The table as Markdown: a paragraph of title and model, the columns that a page has room for, notes as a list.
    ///
    /// Cells are padded, so that the source reads as a table as well; "–" is what was not measured.
    public func markdown() -> String {
        let columns = TableColumn.measured(entries).filter { !$0.isDetail }
        let table = Self.table(
            titles: columns.map(\.fullTitle), areText: columns.map(\.isText),
            rows: entries.map { entry in columns.map { Self.escaped($0.cell(entry) ?? "–") } })
        let heading = Self.escaped("\(title): \(model)")
        let remarks = notes.map { "- " + Self.escaped($0) }
        return ([heading, ""] + table + (remarks.isEmpty ? [] : [""]) + remarks).joined(separator: "\n")
            + "\n"
    }

    /// The lines of a table, cells padded to the width of their column.
    static func table(titles: [String], areText: [Bool], rows: [[String]]) -> [String] {
        let widths = titles.indices.map { column in
            ([titles] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let lines = ([titles] + rows).map { row in
            line(
                row.indices.map { column in
                    let spaces = String(repeating: " ", count: widths[column] - row[column].count)
                    return areText[column] ? row[column] + spaces : spaces + row[column]
                })
        }
        let rule = zip(areText, widths).map { isText, width in
            String(repeating: "-", count: max(1, width - 1)) + (isText ? "-" : ":")
        }
        return [lines[0], line(rule)] + lines.dropFirst()
    }

    /// Text that Markdown shows as it is, in one line.
    static func escaped(_ text: String) -> String {
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
