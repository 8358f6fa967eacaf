import Engines
import Platform
import Tensors
import TestSupport
import Testing

/// What works on views of rows, against plain sums in f64.
@Suite struct RowsTests {
    let engine = ReferenceEngine(threads: 2)
    static let types: [ElementType] = [.f32, .bf16]

    private func tensor(_ shape: [Int], _ type: ElementType, seed: UInt64) -> Tensor {
        let result = Tensor(zeros: shape, type)
        engine.convert(noise(shape, seed: seed, scale: 3), into: result)
        return result
    }

    /// The numbers of one row of a view made by `columns` of a tensor of three times its width, exchanged.
    private func row(_ x: Tensor, _ image: Int, _ row: Int, _ width: Int) -> [Double] {
        let (rows, all) = (x.shape[1], x.shape[2])
        let start = (row * rows + image) * all + width
        return x.floats[start..<start + width].map(Double.init)
    }

    private func expectRows(
        _ found: Tensor, width: Int, _ tolerance: Double, _ expected: (_ image: Int, _ row: Int) -> [Double]
    ) {
        for image in 0..<found.shape[1] {
            for row in 0..<found.shape[0] {
                expectClose(
                    self.row(found, image, row, width).map { Float($0) },
                    expected(image, row).map { Float($0) },
                    relative: tolerance, "image \(image), row \(row)")
            }
        }
    }

    /// Heads, head width.
    @Test(arguments: types, [[1, 1], [3, 5], [2, 16], [5, 33]])
    func norms(_ type: ElementType, _ size: [Int]) {
        let (width, head) = (size[0] * size[1], size[1])
        let x = tensor([3, 4, 3 * width], type, seed: 1)
        let (weight, bias) = (noise([head], seed: 2), noise([head], seed: 3))
        let y = Tensor(zeros: x.shape, type)
        let (source, target) = (
            x.columns(width..<2 * width).exchanged, y.columns(width..<2 * width).exchanged
        )
        func normal(_ image: Int, _ row: Int, centered: Bool, bias: Tensor?) -> [Double] {
            let numbers = self.row(x, image, row, width)
            return numbers.indices.map { index in
                let start = index / head * head
                let span = numbers[start..<start + head]
                let center = centered ? span.reduce(0, +) / Double(head) : 0
                let spread = span.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(head)
                return (numbers[index] - center) / (spread + 1e-3).squareRoot()
                    * Double(weight.values[index - start]) + Double(bias?.values[index - start] ?? 0)
            }
        }
        let tolerance = type == .f32 ? 1e-6 : 4e-3
        engine.layerNorm(source, weight: weight, bias: bias, epsilon: 1e-3, into: target)
        expectRows(y, width: width, tolerance) { normal($0, $1, centered: true, bias: bias) }
        engine.rmsNorm(source, weight: weight, epsilon: 1e-3, into: target)
        expectRows(y, width: width, tolerance) { normal($0, $1, centered: false, bias: nil) }
        engine.rmsNorm(source, weight: weight, bias: bias, epsilon: 1e-3, into: target)
        expectRows(y, width: width, tolerance) { normal($0, $1, centered: false, bias: bias) }
        expectUntouched(y, width)
    }

    /// Columns beside a view's stay as they were: zero.
    private func expectUntouched(_ y: Tensor, _ width: Int) {
        let beside = y.floats.enumerated().filter { $0.offset % (3 * width) / width != 1 }
        #expect(beside.allSatisfy { $0.element == 0 })
    }

    /// The square of Wan's norm, which has no epsilon to speak of: zeros stay zeros.
    @Test func rmsNormOfZerosIsZero() {
        let y = RowsView(Tensor([0, 0, 3, 4], shape: [1, 2, 2]))
        engine.rmsNorm(y, weight: Tensor([1, 1], shape: [2]), epsilon: 1e-24, into: y)
        expectClose(y.tensor.values, [0, 0, 0.848_528_1, 1.131_370_8], relative: 1e-6)
    }

    @Test(arguments: [1, 3, 16, 50]) func rmsNormTakesEachImagesVectors(_ width: Int) {
        let x = noise([2, 3, width], seed: 4)
        let modulation = noise([2, 4, width], seed: 5)
        let y = Tensor(zeros: x.shape)
        for shift in [nil, 3] as [Int?] {
            engine.rmsNormModulated(x, modulation: modulation, shift: shift, scale: 1, epsilon: 1e-3, into: y)
            let expected = x.values.indices.map { index -> Float in
                let (row, column) = (index / width, index % width)
                let square = x.values[row * width..<(row + 1) * width].reduce(0.0) {
                    $0 + Double($1) * Double($1)
                }
                func vector(_ which: Int) -> Double {
                    Double(modulation.values[(row / 3 * 4 + which) * width + column])
                }
                let normal = Double(x.values[index]) / (square / Double(width) + 1e-3).squareRoot()
                return Float(normal * (1 + vector(1)) + (shift.map(vector) ?? 0))
            }
            expectClose(y.values, expected, relative: 1e-6)
        }
    }

    /// Heads, angles.
    @Test(arguments: types, RotaryPoints.allCases)
    func rotation(_ type: ElementType, _ points: RotaryPoints) {
        for (heads, angles) in [(1, 1), (3, 5), (2, 16), (1, 36)] {
            let width = 2 * heads * angles
            let x = tensor([3, 4, 3 * width], type, seed: 6)
            let turns = (0..<3 * angles).map { Double($0 * $0 % 17) }
            let table = Tensor(zeros: [3, 2, angles])
            for row in 0..<3 {
                table[row].assign(
                    turns[row * angles..<(row + 1) * angles].map { Float(cos($0)) }
                        + turns[row * angles..<(row + 1) * angles].map { Float(sin($0)) })
            }
            let y = Tensor(zeros: x.shape, type)
            engine.rotate(
                x.columns(width..<2 * width).exchanged, by: table, points,
                into: y.columns(width..<2 * width).exchanged)
            expectRows(y, width: width, type == .f32 ? 1e-6 : 4e-3) { image, row in
                let numbers = self.row(x, image, row, width)
                var result = numbers
                for index in 0..<heads * angles {
                    let (start, angle) = (index / angles * 2 * angles, index % angles)
                    let (first, second) =
                        points == .pairs
                        ? (start + 2 * angle, start + 2 * angle + 1) : (start + angle, start + angles + angle)
                    let turn = turns[row * angles + angle]
                    result[first] = numbers[first] * cos(turn) - numbers[second] * sin(turn)
                    result[second] = numbers[second] * cos(turn) + numbers[first] * sin(turn)
                }
                return result
            }
            expectUntouched(y, width)
            let place = x.columns(width..<2 * width).exchanged
            engine.rotate(place, by: table, points, into: place)
            for (index, pair) in zip(x.bits, y.bits).enumerated() where index % (3 * width) / width == 1 {
                #expect(pair.0 == pair.1)
            }
        }
    }

    @Test(arguments: types, [1, 7, 16, 45]) func gatedProducts(_ type: ElementType, _ width: Int) {
        let x = tensor([2, 3, 2 * width], type, seed: 7)
        let gates: [(Activation, (Double) -> Double)] = [
            (.silu, { $0 / (1 + exp(-$0)) }), (.exactGELU, { 0.5 * $0 * (1 + erf($0 / 2.squareRoot())) }),
            (
                .gelu,
                { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
            ),
        ]
        for (activation, function) in gates {
            let y = Tensor(zeros: [2, 3, width], type)
            engine.multiplyGated(
                x.columns(width..<2 * width), activation, by: x.columns(0..<width), into: RowsView(y))
            let expected = (0..<6 * width).map { index -> Float in
                let start = index / width * 2 * width + index % width
                return Float(function(Double(x.floats[start + width])) * Double(x.floats[start]))
            }
            expectClose(y.floats, expected, relative: type == .f32 ? 1e-6 : 4e-3, "\(activation)")
        }
    }

    @Test func activationsInPlace() {
        let x = noise([3, 7, 11], seed: 8, scale: 4)
        for activation in Activation.allCases {
            let (y, expected) = (Tensor(x.values, shape: x.shape), Tensor(zeros: x.shape))
            engine.activate(y, activation, into: y)
            // A product with 1 is x itself.
            engine.linear(
                x.reshaped([1, x.count, 1]), engine.pack(weight: Tensor([1], shape: [1, 1]), bias: nil),
                activation: activation, into: expected.reshaped([1, x.count, 1]))
            expectClose(y.values, expected.values, relative: 1e-6, "\(activation)")
        }
    }
}
