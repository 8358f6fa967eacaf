import Engines
import Tensors

extension Engine {
    /// A convolution's result in memory of its own.
    func convolved(_ x: Tensor, _ weights: any PackedConvolution) -> Tensor {
        let y = Tensor(zeros: [weights.outputChannels] + x.shape.dropFirst())
        convolve(x, weights, into: y)
        return y
    }
}
