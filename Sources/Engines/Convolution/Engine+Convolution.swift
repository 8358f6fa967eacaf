import Tensors

extension Engine {
    /// Packs a convolution with stride 1 and padding kernel / 2.
    /// - Parameters:
    ///   - weight: [out, in, k, k] f32 with k = 1 or 3. Not kept.
    ///   - bias: [out] f32, or none.
    public func pack(convolution weight: Tensor, bias: Tensor?) -> any PackedConvolution {
        pack(convolution: weight, bias: bias, stride: 1)
    }

    /// y = convolution of x, in f32 at either precision.
    /// - Parameters:
    ///   - x: [H, W, in] f32.
    ///   - y: [H / stride, W / stride, out] f32.
    public func convolve(_ x: Tensor, _ weights: any PackedConvolution, into y: Tensor) {
        convolve(x, weights, adding: false, into: y)
    }
}

/// Stops on weights that no engine packs.
func checkConvolution(_ weight: Tensor, _ bias: Tensor?, _ stride: Int) {
    let shape = weight.shape
    precondition(
        shape.count == 4 && shape[2] == shape[3] && [1, 3].contains(shape[2])
            && (bias.map { $0.shape == [shape[0]] } ?? true) && (stride == 1 || stride == 2 && shape[2] == 3),
        "convolution: weight \(shape), bias \(bias.map { "\($0.shape)" } ?? "none"), stride \(stride)")
}
