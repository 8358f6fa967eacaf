import Engines
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct ElementwiseTests {
    let engine = ReferenceEngine(threads: 2)

    @Test(arguments: [ElementType.f32, .bf16])
    func layerNormTakesEachImagesVectors(_ type: ElementType) {
        // One image's rows are alternately 1 and −1: mean 0, variance 1.
        let x = Tensor((0..<2 * 3 * 4).map { $0 % 2 == 0 ? 1 : -1 }, shape: [2, 3, 4])
        let modulation = Tensor((0..<2 * 3 * 4).map { Float($0 / 4) }, shape: [2, 3, 4])
        let y = Tensor(zeros: [2, 3, 4], type)
        engine.layerNormModulated(x, modulation: modulation, shift: 2, scale: 1, epsilon: 0, into: y)
        // Image 0: scale 1, shift 2; image 1: scale 4, shift 5.
        let expected = (0..<24).map { index -> Float in
            let sign: Float = index % 2 == 0 ? 1 : -1
            return index < 12 ? sign * 2 + 2 : sign * 5 + 5
        }
        #expect(y.floats == expected)
    }

    @Test func gatedAdditionTakesEachImagesGate() {
        let h = Tensor([Float](repeating: 1, count: 8), shape: [2, 2, 2])
        let y = Tensor((0..<8).map(Float.init), shape: [2, 2, 2])
        let modulation = Tensor([9, 9, 1, 2, 9, 9, 10, 20], shape: [2, 2, 2])
        engine.addGated(y, modulation: modulation, gate: 1, to: h)
        #expect(h.values == [1, 3, 3, 7, 41, 101, 61, 141])
    }

    @Test func longTensorsAreCoveredToTheLastElement() {
        let count = 3 * 16384 + 5
        let (a, b) = (noise([count], seed: 1), noise([count], seed: 2))
        let (difference, sum) = (Tensor(zeros: [count]), Tensor(a.values, shape: [count]))
        engine.subtract(a, b, into: difference)
        engine.add(b, to: sum)
        #expect(difference.values == zip(a.values, b.values).map(-))
        #expect(sum.values == zip(a.values, b.values).map(+))
        let scaled = Tensor(a.values, shape: [count])
        engine.add(b, times: 0.5, to: scaled)
        engine.subtract(a, b, times: 0.25, into: difference)
        #expect(scaled.values == zip(a.values, b.values).map { $0 + 0.5 * $1 })
        #expect(difference.values == zip(a.values, b.values).map { 0.25 * ($0 - $1) })
    }

    @Test func convertGoesThereAndBack() {
        let x = Tensor([1, -2.5, 0, 1024], shape: [4])
        let (narrow, wide) = (Tensor(zeros: [4], .bf16), Tensor(zeros: [4]))
        engine.convert(x, into: narrow)
        engine.convert(narrow, into: wide)
        #expect(wide.values == x.values)
        engine.convert(x, into: wide)
        #expect(wide.values == x.values)
    }

    @Test func siluOfKnownValues() {
        let y = Tensor(zeros: [3])
        engine.silu(Tensor([0, 1, -1], shape: [3]), into: y)
        expectClose(y.values, [0, 0.731_058_6, -0.268_941_4], relative: 1e-6)
    }

    @Test(arguments: [false, true]) func groupNormOfConstantAndRamp(_ silu: Bool) {
        // Two groups of two channels, one pixel row each: a constant group and one with values ±1,
        // which an epsilon of 3 halves.
        let x = Tensor([5, 5, 1, 1, 5, 5, -1, -1], shape: [1, 2, 4])
        let y = Tensor(zeros: [1, 2, 4])
        engine.groupNorm(
            x, groups: 2, weight: Tensor([1, 2, 3, 4], shape: [4]), bias: Tensor([0, 1, 0, 1], shape: [4]),
            epsilon: 3, silu: silu, into: y)
        let plain: [Float] = [0, 1, 1.5, 3, 0, 1, -1.5, -1]
        let expected = silu ? plain.map { $0 / (1 + exponential(-$0)) } : plain
        expectClose(y.values, expected, relative: 1e-6)
    }

    /// Pixels on both sides of a part's end, far from zero.
    @Test(arguments: [1, 255, 256, 257, 600]) func groupNormIsThatOfAllPixels(_ pixels: Int) {
        let x = noise([1, pixels, 6], seed: 5)
        x.assign(x.values.enumerated().map { Float($0 % 6) * 30 + $1 })
        let y = Tensor(zeros: x.shape)
        engine.groupNorm(
            x, groups: 2, weight: Tensor([Float](repeating: 1, count: 6), shape: [6]),
            bias: Tensor(zeros: [6]), epsilon: 1e-6, silu: false, into: y)
        for group in 0..<2 {
            let indices = (0..<x.count).filter { $0 % 6 / 3 == group }
            let numbers = indices.map { Double(x.values[$0]) }
            let mean = numbers.reduce(0, +) / Double(numbers.count)
            let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
            let expected = numbers.map { Float(($0 - mean) / (variance + 1e-6).squareRoot()) }
            expectClose(indices.map { y.values[$0] }, expected, relative: 1e-6)
        }
    }

    @Test(arguments: [[1, 1, 1], [2, 3, 5]]) func upsamplingRepeatsPixels(_ shape: [Int]) {
        let x = noise(shape, seed: 3)
        let y = Tensor(zeros: [2 * shape[0], 2 * shape[1], shape[2]])
        engine.upsampleNearest(x, into: y)
        let (columns, channels) = (2 * shape[1], shape[2])
        let expected = (0..<y.count).map { index -> Float in
            let (channel, pixel) = (index % channels, index / channels)
            return x.values[(pixel / columns / 2 * shape[1] + pixel % columns / 2) * channels + channel]
        }
        #expect(y.values == expected)
    }

    @Test(arguments: [[1, 1], [3, 50], [37, 16]]) func transposition(_ shape: [Int]) {
        let x = noise(shape, seed: 4)
        let y = Tensor(zeros: [shape[1], shape[0]])
        engine.transpose(x, into: y)
        #expect(y.values == (0..<x.count).map { x.values[$0 % shape[0] * shape[1] + $0 / shape[0]] })
    }
}

private func exponential(_ x: Float) -> Float {
    // Enough terms for |x| ≤ 5.
    var (sum, term) = (1.0, 1.0)
    for k in 1..<60 {
        term *= Double(x) / Double(k)
        sum += term
    }
    return Float(sum)
}
