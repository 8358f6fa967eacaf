import Tables

extension EvaluationTable {
    /// The table as Markdown: a paragraph of title and model, the columns that a page has room for, notes as a list.
    ///
    /// Cells are padded, so that the source reads as a table as well; "–" is what was not measured.
    public func markdown() -> String {
        let columns = TableColumn.measured(entries).filter { !$0.isDetail }
        var table = TextTable(columns.map(\.fullTitle), areText: columns.map(\.isText))
        for entry in entries { table.add(columns.map { Self.escaped($0.cell(entry) ?? "–") }) }
        let heading = Self.escaped("\(title): \(model)")
        let remarks = notes.map { "- " + Self.escaped($0) }
        return ([heading, "", table.markdown] + (remarks.isEmpty ? [] : [""]) + remarks).joined(
            separator: "\n")
            + "\n"
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
