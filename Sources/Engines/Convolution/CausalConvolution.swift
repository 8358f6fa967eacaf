import Tensors

/// The weights of a convolution over frames, rows and columns that sees no later frame.
public struct CausalConvolution {
    /// One for each frame of the window, oldest first; the last one brings the bias.
    fileprivate let frames: [any PackedConvolution]
    fileprivate let timeStride: Int

    /// Memory that the weights take.
    public var byteCount: Int { frames.reduce(0) { $0 + $1.byteCount } }
}

extension Engine {
    /// Packs a causal convolution.
    /// - Parameters:
    ///   - weight: [out, in, kt, k, k] f32 with k = 1 or 3, as PyTorch stores it. Not kept.
    ///   - bias: [out] f32, or none.
    ///   - timeStride: frames from one window to the next, at most kt.
    ///   - stride: in rows and columns, as ``Engine/pack(convolution:bias:stride:)`` has it.
    public func pack(
        causalConvolution weight: Tensor, bias: Tensor?, timeStride: Int = 1, stride: Int = 1
    ) -> CausalConvolution {
        let shape = weight.shape
        precondition(
            shape.count == 5 && (1...max(1, shape[2])).contains(timeStride),
            "causal convolution: weight \(shape), stride \(timeStride) in time")
        let (window, taps) = (shape[2], shape[3] * shape[4])
        let values = weight.elements
        let frames = (0..<window).map { frame in
            let part = Tensor(zeros: [shape[0], shape[1], shape[3], shape[4]])
            var numbers = part.mutableElements
            for index in 0..<part.count {
                numbers[index] = values[(index / taps * window + frame) * taps + index % taps]
            }
            return pack(convolution: part, bias: frame == window - 1 ? bias : nil, stride: stride)
        }
        return CausalConvolution(frames: frames, timeStride: timeStride)
    }

    /// y = causal convolution of a chunk of frames, those before it included: sums in f32 of 2-D convolutions.
    ///
    /// Output u sees the kt frames that end with frame (u + 1) · timeStride − 1. A clip in chunks comes out as at once.
    /// - Parameters:
    ///   - x: [F, H, W, in] f32; timeStride divides F.
    ///   - history: what came before, which x's last frames are added to.
    ///   - y: [F / timeStride, H / stride, W / stride, out] f32.
    public func convolve(
        _ x: Tensor, _ weights: CausalConvolution, after history: FrameHistory, into y: Tensor
    ) {
        let (window, stride) = (weights.frames.count, weights.timeStride)
        precondition(
            x.shape.count == 4 && y.shape.count == 4 && x.shape[0] == y.shape[0] * stride,
            "causal convolution: \(x.shape) into \(y.shape) at stride \(stride) in time")
        for output in 0..<y.shape[0] {
            let end = (output + 1) * stride
            // From the newest back, since the newest is always there.
            for age in 0..<window {
                let index = end - 1 - age
                guard let frame = index < 0 ? history.frame(before: -index, of: x) : x[index] else {
                    continue
                }
                convolve(frame, weights.frames[window - 1 - age], adding: age > 0, into: y[output])
            }
        }
        history.append(x, keeping: window - stride)
    }
}
