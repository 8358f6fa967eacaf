import Engines
import Tensors

extension Engine {
    /// A convolution's result in memory of its own.
    func convolved(_ x: Tensor, _ weights: any PackedConvolution) -> Tensor {
        let y = Tensor(zeros: [x.shape[0], x.shape[1], weights.outputChannels])
        convolve(x, weights, into: y)
        return y
    }
}
