import Engines
import Tensors
import TestSupport
import Testing

@Suite struct DepthwiseConvolutionTests {
    /// Channels, rows, columns, kernel.
    @Test(arguments: [
        [1, 1, 1, 3], [5, 7, 9, 3], [16, 8, 4, 3], [33, 1, 6, 3], [50, 5, 2, 5], [3, 4, 4, 1],
    ])
    func agreesWithPlainSums(_ size: [Int]) {
        let (channels, height, width, kernel) = (size[0], size[1], size[2], size[3])
        let engine = ReferenceEngine(threads: 2)
        let x = noise([height, width, channels], seed: 7)
        let weight = noise([channels, 1, kernel, kernel], seed: 8)
        for bias in [noise([channels], seed: 9), nil] {
            let y = Tensor(zeros: x.shape)
            engine.convolve(x, DepthwiseConvolution(weight: weight, bias: bias), into: y)
            let expected = (0..<y.count).map { index -> Float in
                let (channel, pixel) = (index % channels, index / channels)
                var sum = Double(bias?.values[channel] ?? 0)
                for tap in 0..<kernel * kernel {
                    let line = pixel / width + tap / kernel - kernel / 2
                    let place = pixel % width + tap % kernel - kernel / 2
                    guard (0..<height).contains(line), (0..<width).contains(place) else { continue }
                    sum +=
                        Double(x.values[(line * width + place) * channels + channel])
                        * Double(weight.values[channel * kernel * kernel + tap])
                }
                return Float(sum)
            }
            expectClose(y.values, expected)
        }
    }
}
