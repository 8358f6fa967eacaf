extension EvaluationTable {
    /// The table for a terminal: title, two lines of headings with units, a line for each entry, notes.
    ///
    /// Names stand at the left, numbers at the right of their columns; "–" is what was not measured, and columns
    /// without any value are left out. Columns that the width has no place for are named below the table.
    /// - Parameter width: characters in a line; the first column is shown whatever it is.
    public func text(width: Int) -> String {
        let measured = TableColumn.all.filter { column in entries.contains { column.cell($0) != nil } }
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
        let hidden = measured.dropFirst(shown.count).map(\.title)
        let remarks =
            notes + (hidden.isEmpty ? [] : ["Not in \(width) columns: \(hidden.joined(separator: ", "))."])
        return (lines + (remarks.isEmpty ? [] : [""]) + remarks).joined(separator: "\n") + "\n"
    }
}

/// A column of the table for a terminal.
private struct TableColumn {
    let title: String
    let unit: String
    var isText = false
    /// An entry's value; nil if it was not measured.
    let cell: (EvaluationEntry) -> String?

    func padded(_ text: String, to width: Int) -> String {
        let spaces = String(repeating: " ", count: width - text.count)
        return isText ? text + spaces : spaces + text
    }

    static var all: [TableColumn] {
        [
            TableColumn(title: "policy", unit: "", isText: true) { $0.name },
            TableColumn(title: "sampler", unit: "", isText: true) { $0.sampler },
            TableColumn(title: "computed", unit: "steps") { fixedPoint($0.cost.computedSteps, digits: 1) },
            TableColumn(title: "PSNR", unit: "dB") { $0.toUncached.map { fixedPoint($0.psnr, digits: 2) } },
            TableColumn(title: "SSIM", unit: "luma") {
                $0.toUncached.map { fixedPoint($0.ssimLuma.mean, digits: 4) }
            },
            TableColumn(title: "latents", unit: "rel. L2") {
                $0.toUncached.map { fixedPoint($0.latentError.mean, digits: 4) }
            },
            TableColumn(title: "ΔPSNR", unit: "dB") {
                $0.toUncached?.psnrDifference.map { fixedPoint($0, digits: 2) }
            },
            TableColumn(title: "accuracy", unit: "%") {
                $0.classAccuracy.map { fixedPoint($0, digits: 1, scale: 100) }
            },
            TableColumn(title: "Fréchet", unit: "distance") {
                $0.frechetDistance.map { fixedPoint($0, digits: 3) }
            },
            TableColumn(title: "time", unit: "s") { fixedPoint($0.cost.seconds, digits: 2) },
            TableColumn(title: "to converged", unit: "PSNR, dB") {
                $0.toConverged.map { fixedPoint($0.psnr, digits: 2) }
            },
            TableColumn(title: "blocks", unit: "evaluated") {
                fixedPoint($0.cost.blockEvaluations, digits: 0)
            },
            TableColumn(title: "products", unit: "GFLOP") { fixedPoint($0.cost.flops / 1e9, digits: 1) },
            TableColumn(title: "moved", unit: "MB/rank") { fixedPoint($0.cost.bytesMoved / 1e6, digits: 2) },
        ]
    }
}
