import Engines
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct ConvolutionTests {
    /// Channels in and out, rows, columns, kernel.
    static let sizes = [
        [1, 1, 1, 1, 1], [1, 1, 1, 1, 3], [3, 5, 7, 9, 3], [4, 20, 8, 8, 3], [17, 3, 13, 16, 3],
        [16, 32, 6, 33, 1], [32, 16, 20, 5, 3], [5, 4, 3, 2, 1],
    ]

    @Test(arguments: Candidate.all, sizes)
    func agreesWithReference(_ candidate: Candidate, _ size: [Int]) throws {
        let engine = try candidate.make(threads: 2)
        let reference = ReferenceEngine()
        let weight = noise([size[1], size[0], size[4], size[4]], seed: 1)
        let bias = noise([size[1]], seed: 2)
        let x = noise([size[2], size[3], size[0]], seed: 3)
        let (found, expected) = (
            Tensor(zeros: [size[2], size[3], size[1]]), Tensor(zeros: [size[2], size[3], size[1]])
        )
        engine.convolve(x, engine.pack(convolution: weight, bias: bias), into: found)
        reference.convolve(x, reference.pack(convolution: weight, bias: bias), into: expected)
        expectClose(found.values, expected.values)
    }

    /// Channels in and out, rows, columns; odd ones leave the padding out.
    @Test(
        arguments: Candidate.all,
        [[1, 1, 2, 2], [3, 5, 7, 9], [4, 20, 8, 6], [17, 3, 33, 16], [32, 16, 2, 5]])
    func stepsOverPixelsAndAdds(_ candidate: Candidate, _ size: [Int]) throws {
        let engine = try candidate.make(threads: 2)
        let reference = ReferenceEngine()
        let weight = noise([size[1], size[0], 3, 3], seed: 13)
        let x = noise([size[2], size[3], size[0]], seed: 14)
        for (bias, stride) in [(noise([size[1]], seed: 15), 2), (nil, 2), (nil, 1)] as [(Tensor?, Int)] {
            let shape = [size[2] / stride, size[3] / stride, size[1]]
            let layer = engine.pack(convolution: weight, bias: bias, stride: stride)
            let plain = reference.pack(convolution: weight, bias: bias, stride: stride)
            let (found, expected) = (noise(shape, seed: 16), noise(shape, seed: 16))
            for adding in [true, false] {
                engine.convolve(x, layer, adding: adding, into: found)
                reference.convolve(x, plain, adding: adding, into: expected)
                expectClose(found.values, expected.values, "stride \(stride), adding \(adding)")
            }
        }
    }

    @Test(arguments: Candidate.all, [1, 3])
    func doesNotDependOnThreads(_ candidate: Candidate, _ kernel: Int) throws {
        let (weight, bias) = (noise([24, 16, kernel, kernel], seed: 4), noise([24], seed: 5))
        let x = noise([37, 20, 16], seed: 6)
        var outcomes: Set<[UInt32]> = []
        for threads in 1...3 {
            let engine = try candidate.make(threads: threads)
            let y = Tensor(zeros: [37, 20, 24])
            engine.convolve(x, engine.pack(convolution: weight, bias: bias), into: y)
            outcomes.insert(y.bits)
        }
        #expect(outcomes.count == 1)
    }

    /// Layouts that a library chooses for one size of image are made into those for others.
    @Test(arguments: Candidate.all)
    func oneLayerTakesImagesOfAllSizes(_ candidate: Candidate) throws {
        let engine = try candidate.make(threads: 2)
        let reference = ReferenceEngine()
        let (weight, bias) = (noise([20, 17, 3, 3], seed: 7), noise([20], seed: 8))
        let layer = engine.pack(convolution: weight, bias: bias)
        let plain = reference.pack(convolution: weight, bias: bias)
        for (rows, columns) in [(1, 1), (40, 300), (3, 2), (16, 16), (1, 33), (40, 300)] {
            let x = noise([rows, columns, 17], seed: 9)
            let (found, expected) = (
                Tensor(zeros: [rows, columns, 20]), Tensor(zeros: [rows, columns, 20])
            )
            engine.convolve(x, layer, into: found)
            reference.convolve(x, plain, into: expected)
            expectClose(found.values, expected.values, "\(rows) × \(columns)")
        }
    }

    /// Of sizes that no layout pads.
    @Test(arguments: Candidate.all)
    func weightsAreHeldOnce(_ candidate: Candidate) throws {
        let engine = try candidate.make(threads: 1)
        let (weight, bias) = (noise([32, 64, 3, 3], seed: 10), noise([32], seed: 11))
        let layer = engine.pack(convolution: weight, bias: bias)
        engine.convolve(noise([16, 16, 64], seed: 12), layer, into: Tensor(zeros: [16, 16, 32]))
        #expect(layer.byteCount == weight.byteCount + bias.byteCount)
    }
}
