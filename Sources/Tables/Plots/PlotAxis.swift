import Platform

/// A linear axis whose ends are ticks, at multiples of 1, 2 or 5 times a power of ten.
package struct PlotAxis {
    package let ticks: [Double]
    private let places: Int
    private let from: Double
    private let to: Double

    /// An axis that holds `values`, finite and at least one, with about `count` ticks, from `from` to `to`.
    package init(holding values: [Double], ticks count: Int, from: Double, to: Double) {
        let (least, largest) = (values.min() ?? 0, values.max() ?? 1)
        let span = largest > least ? largest - least : max(1, largest.magnitude / 10)
        let power = pow(10, floor(log10(span / Double(count))))
        let step = [1, 2, 5, 10].map { $0 * power }.first { span / $0 <= Double(count) } ?? 10 * power
        let first = floor(least / step)
        let last = max(ceil(largest / step), first + 1)
        ticks = stride(from: first, through: last, by: 1).map { $0 * step }
        places = max(0, Int(-floor(log10(step) + 1e-9)))
        self.from = from
        self.to = to
    }

    /// Where a value stands on the page.
    package func position(_ value: Double) -> Double {
        let (first, last) = (ticks[0], ticks[ticks.count - 1])
        return from + (value - first) / (last - first) * (to - from)
    }

    /// A tick's text.
    private func label(_ tick: Double) -> String { fixedPoint(tick, digits: places) }

    /// Two axes as SVG: a line across and a text for each tick, and below what x counts.
    package static func grid(x: PlotAxis, y: PlotAxis, caption: String) -> [String] {
        var lines: [String] = []
        for tick in x.ticks {
            let place = x.position(tick)
            lines.append(PlotStyle.line((place, y.to), (place, y.from), "class=\"grid\""))
            lines.append(PlotStyle.text(x.label(tick), x: place, y: y.from + 18, "soft", anchor: "middle"))
        }
        for tick in y.ticks {
            let place = y.position(tick)
            lines.append(PlotStyle.line((x.from, place), (x.to, place), "class=\"grid\""))
            lines.append(PlotStyle.text(y.label(tick), x: x.from - 8, y: place + 4, "soft", anchor: "end"))
        }
        let middle = (x.from + x.to) / 2
        return lines + [PlotStyle.text(caption, x: middle, y: y.from + 38, "soft", anchor: "middle")]
    }
}
