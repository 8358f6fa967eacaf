import Tables

extension ScalingReport {
    /// The report for a terminal: title, notes, a table for each kind of run, and what limits.
    public func text() -> String {
        var parts = [([title] + notes).joined(separator: "\n")]
        for mode in [Mode.strong, .weak] {
            for reuses in [false, true] {
                let chosen = rows.filter { $0.mode == mode && $0.reuses == reuses }
                if !chosen.isEmpty { parts.append(table(chosen)) }
            }
        }
        if !verdicts.isEmpty { parts.append(verdicts.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private func table(_ rows: [Row]) -> String {
        let isMeasured = rows.contains { $0.measured != nil }
        var table = TextTable(
            ["ranks", "images", "s/image", "denoise, s/image", "speed-up", "of denoising", "efficiency"]
                + (isMeasured
                    ? ["±", "sent, MB", "bubble", "wait, s", "predicted", "off"] : ["sent, MB", "bubble"]))
        for row in rows { table.add(speeds(row) + (isMeasured ? besides(row) : besides(row.predicted))) }
        return heading(rows[0]) + "\n" + table.text
    }

    private func speeds(_ row: Row) -> [String] {
        let speedUp = speedUp(row)
        let ofDenoising = self.speedUp(row) { $0.denoisePerImage }
        return [
            "\(row.ranks)", "\(row.images)", significant(row.secondsPerImage),
            significant(row.denoisePerImage), speedUp.map(twoDigits) ?? "–",
            ofDenoising.map(twoDigits) ?? "–", speedUp.map { percent($0 / Double(row.ranks)) } ?? "–",
        ]
    }

    private func besides(_ row: Row) -> [String] {
        let (measured, predicted) = (row.measured, row.predicted)
        return [
            measured.map { percent($0.seconds.relative) } ?? "–",
            megabytes(measured?.activationBytes ?? predicted.activationBytes),
            percent(measured?.bubble ?? predicted.bubble),
            measured.map { significant($0.waitSeconds) } ?? "–",
            significant(predicted.seconds / Double(row.images)),
            row.error.map { percent($0, sign: true) } ?? "–",
        ]
    }

    private func besides(_ predicted: Predicted) -> [String] {
        [megabytes(predicted.activationBytes), percent(predicted.bubble)]
    }

    private func heading(_ row: Row) -> String {
        let images = row.mode == .strong ? "the same images" : "images in proportion to ranks"
        let steps =
            row.reuses
            ? "\(row.computedSteps) of \(row.steps) steps computed" : "\(row.steps) steps, none reused"
        return "\(row.mode.rawValue) scaling (\(images)), \(steps)"
    }
}

/// A number of seconds with three digits or more.
func significant(_ seconds: Double) -> String {
    fixedPoint(seconds, digits: seconds >= 100 ? 1 : seconds >= 1 ? 3 : 4)
}

private func percent(_ share: Double, sign: Bool = false) -> String {
    (sign && share > 0 ? "+" : "") + fixedPoint(100 * share, digits: 1) + " %"
}

private func megabytes(_ bytes: Int) -> String { fixedPoint(Double(bytes) / 1e6, digits: 1) }
