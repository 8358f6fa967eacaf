import Engines
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct LinearTests {
    /// Images, rows, inputs, outputs.
    static let sizes = [
        [1, 1, 1, 1], [2, 3, 5, 7], [1, 64, 32, 48], [3, 1, 17, 70], [2, 5, 192, 200], [1, 300, 33, 130],
    ]

    @Test(arguments: Candidate.all, sizes)
    func agreesWithReference(_ candidate: Candidate, _ size: [Int]) throws {
        let engine = try candidate.make(threads: 2)
        let reference = ReferenceEngine()
        let weight = noise([size[3], size[2]], seed: 1).rounded(for: engine)
        let bias = noise([size[3]], seed: 2)
        let x = noise([size[0], size[1], size[2]], seed: 3)
        let cases = Activation.allCases.map { (bias as Tensor?, $0) } + [(nil, .identity), (nil, .gelu)]
        for (bias, activation) in cases {
            let (found, expected) = (
                Tensor(zeros: [size[0], size[1], size[3]]), Tensor(zeros: [size[0], size[1], size[3]])
            )
            engine.linear(
                x.converted(for: engine), engine.pack(weight: weight, bias: bias), activation: activation,
                into: found)
            reference.linear(
                x.rounded(for: engine), reference.pack(weight: weight, bias: bias), activation: activation,
                into: expected)
            // Operands are rounded alike, so that even bf16 products agree to f32 rounding.
            expectClose(found.values, expected.values, relative: 1e-5, "\(activation)")
        }
    }

    @Test(arguments: Candidate.all) func writesItsActivationType(_ candidate: Candidate) throws {
        let engine = try candidate.make()
        let (weight, x) = (noise([70, 33], seed: 1), noise([2, 9, 33], seed: 2).converted(for: engine))
        let layer = engine.pack(weight: weight, bias: nil)
        let (narrow, wide) = (Tensor(zeros: [2, 9, 70], engine.activationType), Tensor(zeros: [2, 9, 70]))
        engine.linear(x, layer, activation: .identity, into: narrow)
        engine.linear(x, layer, activation: .identity, into: wide)
        #expect(narrow.bits == wide.converted(for: engine).bits)
    }

    @Test(arguments: Candidate.all, [[4, 64, 192, 576], [4, 300, 96, 130], [4, 1, 50, 200]])
    func dependsOnItsOwnImageOnly(_ candidate: Candidate, _ size: [Int]) throws {
        let (weight, bias) = (noise([size[3], size[2]], seed: 4), noise([size[3]], seed: 5))
        let x = noise([size[0], size[1], size[2]], seed: 6)
        var outcomes: Set<[UInt32]> = []
        for threads in 1...3 {
            let engine = try candidate.make(threads: threads)
            let (layer, input) = (engine.pack(weight: weight, bias: bias), x.converted(for: engine))
            let together = Tensor(zeros: [size[0], size[1], size[3]], engine.activationType)
            engine.linear(input, layer, activation: .gelu, into: together)
            let alone = Tensor(zeros: together.shape, engine.activationType)
            for image in 0..<size[0] {
                engine.linear(
                    input.rows(image..<image + 1), layer, activation: .gelu,
                    into: alone.rows(image..<image + 1))
            }
            outcomes.insert(together.bits)
            outcomes.insert(alone.bits)
        }
        #expect(outcomes.count == 1)
    }

    @Test(arguments: Candidate.all) func passesNaNOn(_ candidate: Candidate) throws {
        let engine = try candidate.make()
        var numbers = noise([20, 20], seed: 1).values
        numbers[3] = .nan
        let layer = engine.pack(weight: Tensor(numbers, shape: [20, 20]), bias: nil)
        let y = Tensor(zeros: [1, 2, 20])
        // oneDNN's ReLU takes 0 for the greater of NaN and 0.
        for activation in Activation.allCases where activation != .relu {
            engine.linear(
                noise([1, 2, 20], seed: 2).converted(for: engine), layer, activation: activation, into: y)
            #expect(
                y.values[0].isNaN && y.values[20].isNaN && !y.values[1].isNaN, "\(activation)")
        }
    }
}
