import Tables

extension ScalingReport {
    /// Speed-up over ranks as an SVG picture: a line with markers for each kind of run as measured, a dashed one as
    /// predicted, and what would be ideal in grey.
    public func svg() -> String {
        let series = SpeedSeries.all(of: self)
        let ranks = rows.map { Double($0.ranks) }
        let most = ranks.max() ?? 1
        let highest = series.flatMap { $0.measured + $0.predicted }.map(\.speedUp).max() ?? 1
        let x = PlotAxis(holding: [0, most], ticks: 8, from: 56, to: 556)
        let y = PlotAxis(holding: [0, max(highest, 1)], ticks: 8, from: 384, to: 72)
        let heading = "speed-up over one rank, by seconds of an image"
        var lines = [PlotStyle.text(heading, x: 56, y: 56, "panel ink")]
        lines += PlotAxis.grid(x: x, y: y, caption: "ranks")
        let ideal = min(most, y.ticks[y.ticks.count - 1])
        lines.append(
            PlotStyle.line(
                (x.position(0), y.position(0)), (x.position(ideal), y.position(ideal)),
                "class=\"grid\" stroke-width=\"2\""))
        for (index, one) in series.enumerated() { lines += one.lines(index, x, y) }
        return PlotStyle.page(title: title, width: 860, height: 440, lines)
    }
}

/// One kind of run over ranks.
private struct SpeedSeries {
    typealias Point = (ranks: Int, speedUp: Double)

    let name: String
    let measured: [Point]
    let predicted: [Point]

    static func all(of report: ScalingReport) -> [SpeedSeries] {
        var series: [SpeedSeries] = []
        for mode in [ScalingReport.Mode.strong, .weak] {
            for reuses in [false, true] {
                let rows = report.rows.filter { $0.mode == mode && $0.reuses == reuses }
                guard let first = rows.first else { continue }
                func points(_ seconds: (ScalingReport.Row) -> Double) -> [Point] {
                    rows.compactMap { row in report.speedUp(row, seconds).map { (row.ranks, $0) } }
                }
                let steps = reuses ? "\(first.computedSteps) of \(first.steps) steps" : "no reuse"
                series.append(
                    SpeedSeries(
                        name: "\(mode.rawValue), \(steps)",
                        measured: rows.contains { $0.measured != nil } ? points { $0.secondsPerImage } : [],
                        predicted: points { $0.predicted.seconds / Double($0.images) }))
            }
        }
        return series
    }

    func lines(_ index: Int, _ x: PlotAxis, _ y: PlotAxis) -> [String] {
        let stroke = "class=\"line\" stroke=\"\(PlotStyle.colour(index))\""
        func line(_ points: [Point], _ style: String) -> [String] {
            let places = points.map { (x.position(Double($0.ranks)), y.position($0.speedUp)) }
            return PlotStyle.polyline(places, stroke + style)
        }
        let markers = (measured.isEmpty ? predicted : measured).map { point in
            PlotStyle.marker(
                index, x: x.position(Double(point.ranks)), y: y.position(point.speedUp), isOurs: false,
                title: "\(name), \(point.ranks) ranks: \(twoDigits(point.speedUp)) ×")
        }
        let height = 80 + 36 * Double(index)
        let legend = [
            PlotStyle.line((584, height), (608, height), stroke),
            PlotStyle.marker(index, x: 596, y: height, isOurs: false, title: name),
            PlotStyle.text(name, x: 616, y: height + 4, "ink"),
            PlotStyle.text(
                measured.isEmpty ? "predicted" : "measured; dashed: predicted", x: 616, y: height + 19, "soft"
            ),
        ]
        return line(predicted, " stroke-dasharray=\"5 4\"") + line(measured, "") + markers + legend
    }
}
