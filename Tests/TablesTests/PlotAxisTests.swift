import Tables
import Testing

@Suite struct PlotAxisTests {
    @Test(
        arguments: [
            ([0, 1], 5, [0, 0.2, 0.4, 0.6, 0.8, 1]), ([3, 17], 4, [0, 5, 10, 15, 20]),
            ([2, 2], 2, [2, 2.5]),
            ([-30, 40], 2, [-50, 0, 50]),
        ] as [([Double], Int, [Double])])
    func ticksHoldTheValues(values: [Double], count: Int, ticks: [Double]) {
        let found = PlotAxis(holding: values, ticks: count, from: 0, to: 1).ticks
        #expect(found.count == ticks.count)
        for (a, b) in zip(found, ticks) { #expect(abs(a - b) < 1e-9) }
    }

    @Test func valuesStandBetweenTheEnds() {
        let axis = PlotAxis(holding: [0, 10], ticks: 5, from: 100, to: 50)
        #expect(axis.position(0) == 100 && axis.position(10) == 50 && axis.position(5) == 75)
    }

    @Test func aGridHasALineAndATextForEachTick() {
        let (x, y) = (
            PlotAxis(holding: [0, 1], ticks: 2, from: 0, to: 9),
            PlotAxis(holding: [0, 4], ticks: 2, from: 9, to: 0)
        )
        let lines = PlotAxis.grid(x: x, y: y, caption: "a < b")
        #expect(lines.count == 2 * (x.ticks.count + y.ticks.count) + 1)
        #expect(lines.last?.contains(">a &lt; b<") == true)
        #expect(lines.contains { $0.contains(">0.5<") } && lines.contains { $0.contains(">4<") })
    }
}
