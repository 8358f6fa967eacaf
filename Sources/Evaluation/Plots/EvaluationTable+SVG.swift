import Tables

extension EvaluationTable {
    /// Quality over cost as an SVG picture: PSNR over block evaluations, one line and marker for each policy.
    ///
    /// The left panel measures against the uncached run, the right one against the converged path; a dashed line in both
    /// is how far these two are from each other, whiskers are standard errors. It is readable on light and dark pages and needs no font or file from elsewhere.
    public func svg() -> String {
        let series = PlotSeries.all(of: entries)
        let distance = entries.first(where: \.isConverged)?.toUncached?.psnr.mean
        let panels: [PlotPanel] = [
            PlotPanel(
                heading: "PSNR to the uncached run, dB", left: 56, series, "uncached",
                mark: distance.map { ("converged path", $0) }
            ) { $0.toUncached },
            PlotPanel(
                heading: "PSNR to the converged path, dB", left: 420, series, "converged",
                mark: distance.map { ("uncached run", $0) }
            ) { $0.toConverged },
        ]
        let legendLeft = 774.0
        let rowHeight = 20.0
        let height = max(420, PlotPanel.top + rowHeight * Double(series.count) + 20)
        var lines = panels.flatMap(\.lines)
        for (index, one) in series.enumerated() {
            let y = PlotPanel.top + 8 + rowHeight * Double(index)
            let stroke =
                "class=\"line\(one.isOurs ? " ours" : "")\" stroke=\"\(PlotStyle.colour(index))\""
            lines.append(PlotStyle.line((legendLeft, y), (legendLeft + 24, y), stroke))
            lines.append(
                PlotStyle.marker(index, x: legendLeft + 12, y: y, isOurs: one.isOurs, title: one.name))
            lines.append(PlotStyle.text(one.name, x: legendLeft + 32, y: y + 4, "ink"))
        }
        return PlotStyle.page(title: "\(title): \(model)", width: 1000, height: Int(height), lines)
    }
}

/// One pair of axes with every series on it.
private struct PlotPanel {
    static let top = 72.0
    private static let bottom = 364.0
    private static let width = 310.0

    let heading: String
    let left: Double
    private let series: [(index: Int, isOurs: Bool, points: [PlotSeries.Point])]
    private let mark: (name: String, value: Double)?

    init(
        heading: String, left: Double, _ series: [PlotSeries], _ reference: String,
        mark: (name: String, value: Double)?, _ closeness: (EvaluationEntry) -> Closeness?
    ) {
        self.heading = heading
        self.left = left
        self.mark = mark.flatMap { $0.value.isFinite ? $0 : nil }
        let measured = series.enumerated().map { ($0, $1.isOurs, $1.points(reference, closeness)) }
        // What comes later covers what came before.
        self.series = Array(measured.reversed())
    }

    var lines: [String] {
        let points = series.flatMap(\.points)
        let (right, bottom) = (left + Self.width, Self.bottom)
        let head = PlotStyle.text(heading, x: left, y: Self.top - 16, "panel ink")
        guard !points.isEmpty else {
            let middle = ((left + right) / 2, (Self.top + bottom) / 2)
            return [head, PlotStyle.text("not measured", x: middle.0, y: middle.1, "soft", anchor: "middle")]
        }
        let x = PlotAxis(holding: points.map(\.cost), ticks: 6, from: left, to: right)
        let y = PlotAxis(
            holding: points.flatMap {
                [$0.quality.mean - $0.quality.standardError, $0.quality.mean + $0.quality.standardError]
            } + (mark.map { [$0.value] } ?? []), ticks: 7, from: bottom, to: Self.top)

        var lines = [head] + PlotAxis.grid(x: x, y: y, caption: "block evaluations per image")
        if let mark {
            let place = y.position(mark.value)
            lines.append(PlotStyle.line((left, place), (right, place), "class=\"mark\""))
            lines.append(PlotStyle.text(mark.name, x: right, y: place - 4, "soft", anchor: "end"))
        }
        for one in series { lines += Self.lines(one, x, y) }
        return lines
    }

    private static func lines(
        _ series: (index: Int, isOurs: Bool, points: [PlotSeries.Point]), _ x: PlotAxis, _ y: PlotAxis
    ) -> [String] {
        let stroke =
            "class=\"line\(series.isOurs ? " ours" : "")\" stroke=\"\(PlotStyle.colour(series.index))\""
        let places = series.points.map { (x.position($0.cost), y.position($0.quality.mean)) }
        var lines = PlotStyle.polyline(places, stroke)
        for (point, place) in zip(series.points, places) {
            let error = point.quality.standardError
            let (low, high) = (y.position(point.quality.mean - error), y.position(point.quality.mean + error))
            if low - high > 1 {
                lines.append(
                    PlotStyle.line(
                        (place.0, low), (place.0, high), "stroke=\"\(PlotStyle.colour(series.index))\""))
            }
            let title = "\(point.name): \(fixedPoint(point.quality, digits: 2)) dB"
            lines.append(
                PlotStyle.marker(series.index, x: place.0, y: place.1, isOurs: series.isOurs, title: title))
        }
        return lines
    }
}
