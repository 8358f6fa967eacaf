import CachePlanning
import TestSupport
import Testing

private struct FilterGolden: Decodable {
    var shape: [Int]
    var cutoff: Double
    var rollOff: Double
    var values: [Float]
    var low: [Float]
}

@Suite(.serialized)
struct FilterTests {
    private static let shapes = [[1, 1, 1], [2, 1, 4], [1, 5, 1], [3, 7, 9], [4, 16, 16], [1, 17, 3]]

    private func splitter(_ shape: [Int], steps: Int = 10) -> BandSplitter {
        BandSplitter(.lowThenHigh(steps: steps), channels: shape[0], height: shape[1], width: shape[2])
    }

    @Test(arguments: 0..<6)
    func lowFrequenciesEqualTheMirroredFourierTransform(_ index: Int) throws {
        let golden = try planningGolden("filter.json", as: [FilterGolden].self)[index]
        let filter = FrequencyFilter.lowThenHigh(steps: 10, cutoff: golden.cutoff, rollOff: golden.rollOff)
        let splitter = BandSplitter(
            filter, channels: golden.shape[0], height: golden.shape[1], width: golden.shape[2])
        expectClose(splitter.low(golden.values), golden.low, relative: 1e-6, "\(golden.shape)")
    }

    @Test(arguments: shapes)
    func lowAndHighAddUp(_ shape: [Int]) {
        var numbers = SeededNumbers(seed: 4)
        let splitter = splitter(shape)
        let values = numbers.array(splitter.count)
        let sum = zip(splitter.low(values), splitter.high(values)).map { $0 + $1 }
        expectClose(sum, values, relative: 1e-6)
    }

    @Test(arguments: shapes)
    func aConstantIsAllLow(_ shape: [Int]) {
        let splitter = splitter(shape)
        let values = Array(repeating: Float(3), count: splitter.count)
        expectClose(splitter.low(values), values, relative: 1e-6)
        #expect(splitter.high(values).allSatisfy { abs($0) < 1e-5 })
    }

    @Test func aCheckerboardIsAllHigh() {
        let values = (0..<64).map { Float(($0 / 8 + $0) % 2) - 0.5 }
        let splitter = splitter([1, 8, 8])
        // A cut-off board leaks a little into lower frequencies.
        let leaked = splitter.low(values).reduce(0) { $0 + $1 * $1 }
        #expect(leaked < 0.1 * values.reduce(0) { $0 + $1 * $1 })
    }

    @Test func changesOverAtTheSwitchStep() {
        var numbers = SeededNumbers(seed: 9)
        let splitter = splitter([1, 6, 6], steps: 11)
        let values = numbers.array(36)
        #expect(splitter(values, step: 4) == splitter.low(values))
        #expect(splitter(values, step: 5) == splitter.high(values))
    }

    @Test func theIdentityLetsAllPass() {
        var numbers = SeededNumbers(seed: 9)
        let values = numbers.array(12)
        #expect(BandSplitter(.identity, channels: 1, height: 3, width: 4)(values, step: 0) == values)
    }

    @Test(arguments: [(0.0, 1.0), (0.45, 1), (0.5, 0.5), (0.55, 0), (1.3, 0)])
    func rollsOffAboutTheCutoff(radius: Double, share: Double) {
        #expect(abs(FrequencyFilter.lowThenHigh(steps: 2).lowShare(radius: radius) - share) < 1e-12)
    }
}
