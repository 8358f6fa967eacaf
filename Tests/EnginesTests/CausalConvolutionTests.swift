import Engines
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct CausalConvolutionTests {
    /// Channels in and out, frames, rows, columns, window, kernel, strides in time and space.
    static let sizes = [
        [1, 1, 1, 1, 1, 3, 3, 1, 1], [3, 5, 4, 5, 7, 3, 3, 1, 1], [4, 17, 5, 6, 3, 3, 1, 1, 1],
        [2, 3, 4, 5, 6, 3, 1, 2, 1], [3, 4, 6, 7, 9, 3, 3, 2, 2], [5, 2, 3, 4, 8, 1, 3, 1, 2],
        [16, 33, 2, 4, 4, 2, 3, 1, 1], [2, 2, 1, 3, 3, 1, 1, 1, 1],
    ]

    /// The sum over window, rows, columns and channels, with frames before the first zero or the first.
    private func plain(
        _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ size: [Int], _ start: FrameHistory.Start
    ) -> [Float] {
        let (inputs, outputs, frames, height, width) = (size[0], size[1], size[2], size[3], size[4])
        let (window, kernel, timeStride, stride) = (size[5], size[6], size[7], size[8])
        let (x, weight) = (x.values.map(Double.init), weight.values.map(Double.init))
        let before = stride == 1 ? kernel / 2 : 0
        var result: [Float] = []
        for u in 0..<frames / timeStride {
            for row in 0..<height / stride {
                for column in 0..<width / stride {
                    for output in 0..<outputs {
                        var sum = Double(bias?.values[output] ?? 0)
                        for tap in 0..<window * kernel * kernel {
                            let (t, i, j) = (tap / (kernel * kernel), tap / kernel % kernel, tap % kernel)
                            var frame = (u + 1) * timeStride - window + t
                            let (line, place) = (row * stride - before + i, column * stride - before + j)
                            if frame < 0 && start == .firstFrame { frame = 0 }
                            guard frame >= 0, (0..<height).contains(line), (0..<width).contains(place) else {
                                continue
                            }
                            for input in 0..<inputs {
                                sum +=
                                    x[((frame * height + line) * width + place) * inputs + input]
                                    * weight[
                                        (output * inputs + input) * window * kernel * kernel + tap]
                            }
                        }
                        result.append(Float(sum))
                    }
                }
            }
        }
        return result
    }

    @Test(arguments: Candidate.all, sizes)
    func agreesWithPlainSums(_ candidate: Candidate, _ size: [Int]) throws {
        let engine = try candidate.make(threads: 2)
        let weight = noise([size[1], size[0], size[5], size[6], size[6]], seed: 1)
        let x = noise([size[2], size[3], size[4], size[0]], seed: 2)
        for (start, bias) in [(FrameHistory.Start.zeros, noise([size[1]], seed: 3)), (.firstFrame, nil)] {
            let layer = engine.pack(
                causalConvolution: weight, bias: bias, timeStride: size[7], stride: size[8])
            let y = Tensor(zeros: [size[2] / size[7], size[3] / size[8], size[4] / size[8], size[1]])
            engine.convolve(x, layer, after: FrameHistory(start), into: y)
            expectClose(y.values, plain(x, weight, bias, size, start), "\(start)")
        }
    }

    /// Chunks of one frame, of fewer than a window holds back, and of more.
    @Test(arguments: Candidate.all, [[1, 1, 1, 1, 1, 1, 1, 1], [1, 4, 3], [3, 2, 2, 1], [8]])
    func chunksComeOutAsTheWhole(_ candidate: Candidate, _ chunks: [Int]) throws {
        let engine = try candidate.make()
        let x = noise([8, 5, 3, 4], seed: 4)
        let (weight, bias) = (noise([6, 4, 3, 3, 3], seed: 5), noise([6], seed: 6))
        let layer = engine.pack(causalConvolution: weight, bias: bias)
        for start in [FrameHistory.Start.zeros, .firstFrame] {
            let (whole, parts) = (Tensor(zeros: [8, 5, 3, 6]), Tensor(zeros: [8, 5, 3, 6]))
            engine.convolve(x, layer, after: FrameHistory(start), into: whole)
            let history = FrameHistory(start)
            var first = 0
            for count in chunks {
                // A chunk's memory is another one's next.
                let chunk = Tensor(x.rows(first..<first + count).values, shape: [count, 5, 3, 4])
                engine.convolve(chunk, layer, after: history, into: parts.rows(first..<first + count))
                chunk.fillWithZeros()
                first += count
            }
            #expect(parts.bits == whole.bits)
        }
    }
}
