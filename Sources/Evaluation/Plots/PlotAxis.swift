#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

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
    package func label(_ tick: Double) -> String { fixedPoint(tick, digits: places) }
}
