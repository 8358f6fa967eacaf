import Engines
import Tensors

/// The plain loops at bf16 precision: weights and what goes in and out of products are rounded to bf16.
///
/// It insists on the element types that ``Engine`` asks of its callers, on every machine and in every build.
final class RoundingEngine: Engine {
    private let plain = ReferenceEngine()

    var pool: ThreadPool { plain.pool }
    var activationType: ElementType { .bf16 }
    var description: EngineDescription {
        EngineDescription(name: "rounding", precision: .bf16, threads: pool.threads, kernels: "plain loops")
    }

    func pack(weight: Tensor, bias: Tensor?) -> any PackedLinear {
        plain.pack(weight: widened(rounded(weight)), bias: bias)
    }

    func linear(_ x: Tensor, _ weights: any PackedLinear, activation: Activation, into y: Tensor) {
        let sums = Tensor(zeros: y.shape)
        plain.linear(widened(x), weights, activation: activation, into: sums)
        plain.convert(sums, into: y)
    }

    func attention(_ qkv: Tensor, heads: Int, into y: Tensor) {
        precondition(y.elementType == .bf16, "RoundingEngine: attention into \(y.elementType)")
        let sums = Tensor(zeros: y.shape)
        plain.attention(widened(qkv), heads: heads, into: sums)
        plain.convert(sums, into: y)
    }

    func pack(convolution weight: Tensor, bias: Tensor) -> any PackedConvolution {
        plain.pack(convolution: weight, bias: bias)
    }

    func convolve(_ x: Tensor, _ weights: any PackedConvolution, into y: Tensor) {
        plain.convolve(x, weights, into: y)
    }

    private func rounded(_ x: Tensor) -> Tensor {
        let y = Tensor(zeros: x.shape, .bf16)
        plain.convert(x, into: y)
        return y
    }

    private func widened(_ x: Tensor) -> Tensor {
        precondition(x.elementType == .bf16, "RoundingEngine: product of \(x.elementType)")
        let y = Tensor(zeros: x.shape)
        plain.convert(x, into: y)
        return y
    }
}
