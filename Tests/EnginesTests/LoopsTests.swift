import CKernels
import Platform
import Tensors
import TestSupport
import Testing

/// Every instruction set that this CPU must have, against plain sums in f64.
@Suite(.serialized) struct LoopsTests {
    /// Those that this CPU must have.
    static let levels: [UInt32] =
        [CKERNELS_BASELINE.rawValue] + (Machine.hasAVX2 ? [CKERNELS_AVX2.rawValue] : [])
        + (Machine.hasAVX512 ? [CKERNELS_AVX512.rawValue] : [])
    static let counts = [1, 3, 15, 16, 17, 64, 250]

    private func loops(_ level: UInt32) throws -> ckernels_loops {
        try #require(ckernels_loops_at(ckernels_level(level))).pointee
    }

    private func numbers(_ count: Int, seed: UInt64, scale: Float = 3) -> [Float] {
        noise([count], seed: seed, scale: scale).values
    }

    private func expectNear(
        _ found: [Float], _ expected: [Double], _ bound: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (index, (a, b)) in zip(found, expected).enumerated()
        where abs(Double(a) - b) > bound * max(1, abs(b)) {
            Issue.record("at \(index) of \(found.count): \(a), expected \(b)", sourceLocation: sourceLocation)
            return
        }
    }

    @Test func theBestLevelIsTheLastThatTheCPUHas() {
        #expect(ckernels_best_level().rawValue == Self.levels.last)
    }

    @Test(.enabled(if: Machine.hasAVX2, "this CPU has no AVX2, so its loops are not tried"))
    func avx2IsTried() { #expect(ckernels_loops_at(CKERNELS_AVX2) != nil) }

    @Test(.enabled(if: Machine.hasAVX512, "this CPU has no AVX-512, so its loops are not tried"))
    func avx512IsTried() { #expect(ckernels_loops_at(CKERNELS_AVX512) != nil) }

    @Test(arguments: levels, counts) func norms(_ level: UInt32, _ count: Int) throws {
        let loops = try self.loops(level)
        let (x, scale, shift) = (numbers(count, seed: 1), numbers(count, seed: 2), numbers(count, seed: 3))
        let mean = x.reduce(0.0) { $0 + Double($1) } / Double(count)
        for (norm, center) in [(CKERNELS_LAYER_NORM, mean), (CKERNELS_RMS_NORM, 0)] {
            let spread =
                x.reduce(0.0) { $0 + (Double($1) - center) * (Double($1) - center) } / Double(count)
            let normal = x.map { (Double($0) - center) / (spread + 1e-2).squareRoot() }
            var y = [Float](repeating: 0, count: count)
            loops.normalize(norm, x, CKERNELS_F32, 1e-2, 1, scale, shift, count, &y, CKERNELS_F32)
            expectNear(
                y, (0..<count).map { normal[$0] * (1 + Double(scale[$0])) + Double(shift[$0]) }, 2e-6)
            loops.normalize(norm, x, CKERNELS_F32, 1e-2, 0, scale, nil, count, &y, CKERNELS_F32)
            expectNear(y, (0..<count).map { normal[$0] * Double(scale[$0]) }, 2e-6)
            loops.normalize(norm, x, CKERNELS_F32, 1e-2, 0, nil, shift, count, &y, CKERNELS_F32)
            expectNear(y, (0..<count).map { normal[$0] + Double(shift[$0]) }, 2e-6)
        }
    }

    /// Numbers that bf16 holds come to the same in it, rounded at the end.
    @Test(arguments: levels, counts) func bf16InAndOut(_ level: UInt32, _ count: Int) throws {
        let loops = try self.loops(level)
        func rounded(_ x: [Float]) -> [UInt16] {
            var y = [UInt16](repeating: 0, count: x.count)
            loops.convert(x, CKERNELS_F32, x.count, &y, CKERNELS_BF16)
            return y
        }
        let narrow = rounded(numbers(2 * count, seed: 4))
        let wide = narrow.map { Float(bitPattern: UInt32($0) << 16) }
        let (scale, shift) = (numbers(count, seed: 5), numbers(count, seed: 6))
        var (y, expected) = (
            [UInt16](repeating: 0, count: 2 * count), [Float](repeating: 0, count: 2 * count)
        )
        for norm in [CKERNELS_LAYER_NORM, CKERNELS_RMS_NORM] {
            loops.normalize(norm, narrow, CKERNELS_BF16, 1e-2, 0, scale, shift, count, &y, CKERNELS_BF16)
            loops.normalize(norm, wide, CKERNELS_F32, 1e-2, 0, scale, shift, count, &expected, CKERNELS_F32)
            #expect(y == rounded(expected))
        }
        for rotate in [loops.rotate_pairs, loops.rotate_halves] {
            rotate(narrow, CKERNELS_BF16, scale, shift, count, &y, CKERNELS_BF16)
            rotate(wide, CKERNELS_F32, scale, shift, count, &expected, CKERNELS_F32)
            #expect(y == rounded(expected))
        }
        loops.multiply_activated(
            narrow, narrow, CKERNELS_BF16, CKERNELS_SILU, 2 * count, &y, CKERNELS_BF16)
        loops.multiply_activated(
            wide, wide, CKERNELS_F32, CKERNELS_SILU, 2 * count, &expected, CKERNELS_F32)
        #expect(y == rounded(expected))
    }

    @Test(arguments: levels, counts) func rotation(_ level: UInt32, _ count: Int) throws {
        let loops = try self.loops(level)
        let x = numbers(2 * count, seed: 7)
        let (cosine, sine) = (numbers(count, seed: 8), numbers(count, seed: 9))
        func turned(_ first: (Int) -> Int, _ second: (Int) -> Int) -> [Double] {
            var y = [Double](repeating: 0, count: 2 * count)
            for i in 0..<count {
                let (a, b) = (Double(x[first(i)]), Double(x[second(i)]))
                let (c, s) = (Double(cosine[i]), Double(sine[i]))
                (y[first(i)], y[second(i)]) = (a * c - b * s, b * c + a * s)
            }
            return y
        }
        var (pairs, halves) = (x, x)
        loops.rotate_pairs(x, CKERNELS_F32, cosine, sine, count, &pairs, CKERNELS_F32)
        loops.rotate_halves(x, CKERNELS_F32, cosine, sine, count, &halves, CKERNELS_F32)
        expectNear(pairs, turned({ 2 * $0 }, { 2 * $0 + 1 }), 2e-6)
        expectNear(halves, turned({ $0 }, { count + $0 }), 2e-6)
    }

    @Test(arguments: levels, counts) func gatedProduct(_ level: UInt32, _ count: Int) throws {
        let loops = try self.loops(level)
        let (gate, x) = (numbers(count, seed: 10), numbers(count, seed: 11))
        for (activation, function) in Self.activations {
            var y = [Float](repeating: 0, count: count)
            loops.multiply_activated(gate, x, CKERNELS_F32, activation, count, &y, CKERNELS_F32)
            expectNear(y, zip(gate, x).map { function(Double($0)) * Double($1) }, 2e-6)
        }
    }

    @Test(arguments: levels, counts) func sumOfProducts(_ level: UInt32, _ count: Int) throws {
        let loops = try self.loops(level)
        let (x, weights) = (numbers(3 * count, seed: 12), numbers(3 * count, seed: 13))
        let bias = numbers(count, seed: 14)
        var (biased, plain) = (bias, bias)
        x.withUnsafeBufferPointer { x in
            weights.withUnsafeBufferPointer { weights in
                guard let x = x.baseAddress, let weights = weights.baseAddress else { return }
                let (rows, columns) = ((0..<3).map { x + $0 * count }, (0..<3).map { weights + $0 * count })
                loops.sum_products(3, rows, columns, bias, count, &biased)
                loops.sum_products(2, rows, columns, nil, count, &plain)
            }
        }
        func sum(_ terms: Int, _ i: Int) -> Double {
            (0..<terms).reduce(0) { $0 + Double(x[$1 * count + i]) * Double(weights[$1 * count + i]) }
        }
        expectNear(biased, (0..<count).map { Double(bias[$0]) + sum(3, $0) }, 2e-6)
        expectNear(plain, (0..<count).map { sum(2, $0) }, 2e-6)
    }

    @Test(arguments: levels, counts) func softmax(_ level: UInt32, _ count: Int) throws {
        let loops = try self.loops(level)
        let x = numbers(count, seed: 4, scale: 40)
        var (scratch, y) = (x, [Float](repeating: 0, count: count))
        loops.softmax(&scratch, 0.5, count, &y, CKERNELS_F32)
        let largest = Double(x.max() ?? 0)
        let weights = x.map { exp((Double($0) - largest) * 0.5) }
        let total = weights.reduce(0, +)
        expectNear(y, weights.map { $0 / total }, 1e-6)
    }

    /// The largest number is in the first part, the second or the last.
    @Test(arguments: levels, counts) func softmaxInParts(_ level: UInt32, _ count: Int) throws {
        let loops = try self.loops(level)
        for largest in 0..<3 {
            var x = numbers(3 * count, seed: 20, scale: 30)
            x[largest * count] = 40
            let weights = x.map { exp((Double($0) - 40) * 0.5) }
            let total = weights.reduce(0, +)
            // A value of 1 for each number, so that every span of results is its share of the whole.
            var (maximum, sum) = (-Float.greatestFiniteMagnitude, Float(0))
            var results = [Float](repeating: 0, count: 3 * count)
            for part in 0..<3 {
                var scores = Array(x[part * count..<(part + 1) * count])
                var powers = scores
                let share = loops.softmax_part(
                    &scores, 0.5, count, &powers, CKERNELS_F32, &maximum, &sum)
                let own = [Float](repeating: 0, count: part * count) + powers
                let before = results
                loops.blend(own, 1, before, share, own.count, &results, CKERNELS_F32)
            }
            #expect(maximum == 20)
            var shares = results
            loops.blend(results, 1 / sum, results, 0, results.count, &shares, CKERNELS_F32)
            expectNear(shares, weights.map { $0 / total }, 1e-6)
        }
    }

    @Test(arguments: levels, counts) func activations(_ level: UInt32, _ count: Int) throws {
        let loops = try self.loops(level)
        let (x, bias) = (numbers(count, seed: 5, scale: 8), numbers(count, seed: 6))
        let sums = zip(x, bias).map { Double($0 + $1) }
        for (activation, function) in Self.activations {
            var y = [Float](repeating: 0, count: count)
            loops.activate(x, bias, activation, count, &y, CKERNELS_F32)
            expectNear(y, sums.map(function), 1e-6)
        }
    }

    private static var activations: [(ckernels_activation, (Double) -> Double)] {
        [
            (CKERNELS_IDENTITY, { $0 }), (CKERNELS_SILU, { $0 / (1 + exp(-$0)) }),
            (
                CKERNELS_GELU,
                { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
            ),
            (CKERNELS_EXACT_GELU, { 0.5 * $0 * erfc(-$0 / 2.squareRoot()) }),
            (CKERNELS_QUICK_GELU, { $0 / (1 + exp(-1.702 * $0)) }), (CKERNELS_RELU, { max($0, 0) }),
            (CKERNELS_TANH, { tanh($0) }),
        ]
    }

    /// Near 0 and in the tails too, where differences of numbers near 1 would have lost their digits.
    @Test(arguments: levels) func exactGELUAndTanhAreAccurate(_ level: UInt32) throws {
        let loops = try self.loops(level)
        let x = (-12_000...12_000).map { Float($0) / 2000 }
        for (activation, function) in [
            (CKERNELS_EXACT_GELU, { 0.5 * $0 * erfc(-$0 / 2.squareRoot()) }), (CKERNELS_TANH, { tanh($0) }),
        ] as [(ckernels_activation, (Double) -> Double)] {
            var y = [Float](repeating: 0, count: x.count)
            loops.activate(x, nil, activation, x.count, &y, CKERNELS_F32)
            for (x, y) in zip(x, y)
            where abs(Double(y) - function(Double(x))) > 2e-6 * abs(function(Double(x))) {
                Issue.record("of \(x): \(y), expected \(function(Double(x)))")
                return
            }
        }
    }

    @Test(arguments: levels) func exponentialIsAccurate(_ level: UInt32) throws {
        let loops = try self.loops(level)
        // silu(x) / x = 1 / (1 + e^-x) is e^x to f32 rounding where x < −20.
        let x = (0..<400).map { -20 - Float($0) * 0.15 }
        var y = [Float](repeating: 0, count: x.count)
        loops.activate(x, nil, CKERNELS_SILU, x.count, &y, CKERNELS_F32)
        for (x, y) in zip(x, y) {
            #expect(abs(Double(y) / Double(x) / exp(Double(x)) - 1) < 4e-7, "\(x)")
        }
    }

    @Test(arguments: levels) func extremesStayFinite(_ level: UInt32) throws {
        let loops = try self.loops(level)
        let x: [Float] = [-1e4, -100, -0.0, 0, 100, 1e4, .nan]
        for activation in [
            CKERNELS_SILU, CKERNELS_GELU, CKERNELS_EXACT_GELU, CKERNELS_QUICK_GELU, CKERNELS_RELU,
        ] {
            var y = [Float](repeating: 0, count: x.count)
            loops.activate(x, nil, activation, x.count, &y, CKERNELS_F32)
            #expect(y.dropLast().allSatisfy { $0.isFinite } && y[6].isNaN)
            #expect(abs(y[0]) < 1e-30 && abs(y[1]) < 1e-30 && y[4] == 100 && y[5] == 1e4)
        }
    }

    @Test(arguments: levels, counts) func gatedAddition(_ level: UInt32, _ count: Int) throws {
        let loops = try self.loops(level)
        let (y, gate, before) = (numbers(count, seed: 7), numbers(count, seed: 8), numbers(count, seed: 9))
        var h = before
        loops.add_gated(y, CKERNELS_F32, gate, count, &h)
        expectNear(h, (0..<count).map { Double(before[$0]) + Double(gate[$0]) * Double(y[$0]) }, 1e-6)
    }

    @Test(arguments: levels, counts) func sumsAndDifferences(_ level: UInt32, _ count: Int) throws {
        let loops = try self.loops(level)
        let (a, b) = (numbers(count, seed: 10), numbers(count, seed: 11))
        var (sum, difference) = (a, a)
        loops.add(b, count, &sum)
        loops.subtract(a, b, count, &difference)
        #expect(sum == zip(a, b).map(+) && difference == zip(a, b).map(-))
        var (scaled, step) = (a, a)
        loops.add_scaled(b, 0.5, count, &scaled)
        loops.scaled_difference(a, b, 0.25, count, &step)
        #expect(scaled == zip(a, b).map { $0 + 0.5 * $1 } && step == zip(a, b).map { 0.25 * ($0 - $1) })
    }

    @Test(arguments: levels, counts) func columnMomentsAndAffine(_ level: UInt32, _ columns: Int) throws {
        let loops = try self.loops(level)
        let rows = 7
        let x = numbers(rows * columns, seed: 12).map { $0 + 100 }
        var (mean, squares) = ([Float](repeating: 9, count: columns), [Float](repeating: 9, count: columns))
        loops.column_moments(x, rows, columns, &mean, &squares)
        let centers = (0..<columns).map { column in
            (0..<rows).reduce(0.0) { $0 + Double(x[$1 * columns + column]) } / Double(rows)
        }
        let spreads = centers.enumerated().map { column, center in
            (0..<rows).reduce(0.0) { $0 + pow(Double(x[$1 * columns + column]) - center, 2) }
        }
        expectNear(mean, centers, 1e-6)
        // The mean is rounded, and its square stands beside the spread.
        expectNear(squares, spreads, 1e-4)
        let (scale, offset) = (numbers(columns, seed: 13), numbers(columns, seed: 14).map { 10 * $0 })
        var y = [Float](repeating: 0, count: x.count)
        loops.affine(x, scale, offset, CKERNELS_SILU, rows, columns, &y)
        let moved = x.enumerated().map { index, value in
            Double(value) * Double(scale[index % columns]) + Double(offset[index % columns])
        }
        expectNear(y, moved.map { $0 / (1 + exp(-$0)) }, 1e-5)
    }

    @Test(arguments: levels) func roundsToNearestEven(_ level: UInt32) throws {
        let loops = try self.loops(level)
        let bits: [UInt32] = [
            0x3f80_8000, 0x3f81_8000, 0x3f80_8001, 0x3f80_7fff, 0x7f7f_ffff, 0x7f80_0000, 0xff80_0000,
            0x7f80_0001, 0xffff_ffff, 0x8000_0000, 0x0000_8000,
        ]
        var y = [UInt16](repeating: 0, count: bits.count)
        loops.convert(bits.map { Float(bitPattern: $0) }, CKERNELS_F32, bits.count, &y, CKERNELS_BF16)
        #expect(
            y == [
                0x3f80, 0x3f82, 0x3f81, 0x3f80, 0x7f80, 0x7f80, 0xff80, 0x7fc0, 0xffff, 0x8000, 0x0000,
            ])
    }

    @Test(arguments: levels) func widensEveryHalf(_ level: UInt32) throws {
        let loops = try self.loops(level)
        let halves = (0...UInt16.max).map { $0 }
        var y = [Float](repeating: 0, count: halves.count)
        loops.convert(halves, CKERNELS_F16, halves.count, &y, CKERNELS_F32)
        for (half, y) in zip(halves, y) {
            let expected = expand(half)
            guard y.bitPattern != expected.bitPattern && !(y.isNaN && expected.isNaN) else { continue }
            Issue.record("half \(half): \(y), expected \(expected)")
            return
        }
        loops.convert(halves, CKERNELS_BF16, halves.count, &y, CKERNELS_F32)
        #expect(zip(halves, y).allSatisfy { UInt32($0) << 16 == $1.bitPattern })
    }

    /// IEEE half precision, by its definition.
    private func expand(_ half: UInt16) -> Float {
        let sign: Float = half & 0x8000 == 0 ? 1 : -1
        let (exponent, fraction) = (Int(half >> 10) & 31, Float(half & 1023))
        switch exponent {
        case 0: return sign * fraction * Float(sign: .plus, exponent: -24, significand: 1)
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
        }
    }
}
