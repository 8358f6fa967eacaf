import Tensors

/// The weights of a linear layer as they came.
final class ReferenceLinear: PackedLinear {
    let weight: Tensor
    let bias: Tensor?
    var inputWidth: Int { weight.shape[1] }
    var outputWidth: Int { weight.shape[0] }
    var byteCount: Int { weight.byteCount + (bias?.byteCount ?? 0) }

    init(weight: Tensor, bias: Tensor?) {
        self.weight = Tensor(weight.values, shape: weight.shape)
        self.bias = bias.map { Tensor($0.values, shape: $0.shape) }
    }
}

/// The weights of a convolution as they came.
final class ReferenceConvolution: PackedConvolution {
    let weight: Tensor
    let bias: Tensor?
    let stride: Int
    var inputChannels: Int { weight.shape[1] }
    var outputChannels: Int { weight.shape[0] }
    var kernel: Int { weight.shape[2] }
    var byteCount: Int { weight.byteCount + (bias?.byteCount ?? 0) }

    init(weight: Tensor, bias: Tensor?, stride: Int) {
        self.weight = Tensor(weight.values, shape: weight.shape)
        self.bias = bias.map { Tensor($0.values, shape: $0.shape) }
        self.stride = stride
    }
}
