import CKernels
import Tensors

/// The weights of a convolution that keeps channels apart, with stride 1 and padding kernel / 2.
public struct DepthwiseConvolution {
    /// [k · k, C] f32.
    fileprivate let weight: Tensor
    fileprivate let bias: Tensor?
    fileprivate let kernel: Int

    /// - Parameters:
    ///   - weight: [C, 1, k, k] f32 with an odd k, as PyTorch stores it. Not kept.
    ///   - bias: [C] f32, or none.
    public init(weight: Tensor, bias: Tensor?) {
        let shape = weight.shape
        precondition(
            shape.count == 4 && shape[1] == 1 && shape[2] == shape[3] && shape[2] % 2 == 1
                && (bias.map { $0.shape == [shape[0]] } ?? true),
            "depthwise convolution: weight \(shape), bias \(bias.map { "\($0.shape)" } ?? "none")")
        let (channels, taps) = (shape[0], shape[2] * shape[2])
        self.weight = Tensor(zeros: [taps, channels])
        let (from, to) = (weight.floatAddress, self.weight.floatAddress)
        for channel in 0..<channels {
            for tap in 0..<taps { to[tap * channels + channel] = from[channel * taps + tap] }
        }
        self.bias = bias?.duplicate()
        kernel = shape[2]
    }
}

extension Engine {
    /// y = depthwise convolution of x, torch's `nn.Conv2d` with as many groups as channels (Sana's `GLUMBConv`).
    /// - Parameters:
    ///   - x: [H, W, C] f32.
    ///   - y: [H, W, C] f32.
    public func convolve(_ x: Tensor, _ weights: DepthwiseConvolution, into y: Tensor) {
        precondition(
            x.shape.count == 3 && x.shape[2] == weights.weight.shape[1] && y.shape == x.shape,
            "depthwise convolution: \(weights.weight.shape[1]) channels on \(x.shape) into \(y.shape)")
        let (height, width, channels) = (x.shape[0], x.shape[1], x.shape[2])
        let (kernel, pad) = (weights.kernel, weights.kernel / 2)
        let (source, target) = (UnsafePointer(x.floatAddress), y.floatAddress)
        let weight = UnsafePointer(weights.weight.floatAddress)
        let bias = weights.bias.map { UnsafePointer($0.floatAddress) }
        pool.forEach(height) { row in
            // What of a pixel's neighbourhood lies in the image, and the weights there.
            var (pixels, taps): ([UnsafePointer<Float>], [UnsafePointer<Float>]) = ([], [])
            for column in 0..<width {
                pixels.removeAll(keepingCapacity: true)
                taps.removeAll(keepingCapacity: true)
                for line in max(0, row - pad)...min(height - 1, row + pad) {
                    for place in max(0, column - pad)...min(width - 1, column + pad) {
                        let tap = (line - row + pad) * kernel + place - column + pad
                        pixels.append(source + (line * width + place) * channels)
                        taps.append(weight + tap * channels)
                    }
                }
                loops.sum_products(
                    pixels.count, pixels, taps, bias, channels, target + (row * width + column) * channels)
            }
        }
    }
}
