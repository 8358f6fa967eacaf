import Testing

@testable import Benchmarks

@Suite(.serialized) struct SpreadTests {
    @Test(
        arguments: [
            ([3], [3, 0]), ([4, 1], [2.5, 0.3]), ([5, 1, 2], [2, 0.5]), ([1, 9, 2, 4], [3, 3.5 / 6]),
        ] as [([Double], [Double])])
    func middleAndRange(values: [Double], expected: [Double]) {
        #expect(Spread(values).median == expected[0])
        #expect(abs(Spread(values).relative - expected[1]) < 1e-12)
    }
}
