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

    func attention(
        _ query: RowsView, _ key: RowsView, _ value: RowsView, _ terms: AttentionTerms, into y: RowsView
    ) {
        // What the view leaves out comes back as it was.
        let sums = widened(y.tensor)
        plain.attention(widened(query), widened(key), widened(value), terms, into: y.view(of: sums))
        plain.convert(sums, into: y.tensor)
    }

    func pack(convolution weight: Tensor, bias: Tensor?, stride: Int) -> any PackedConvolution {
        plain.pack(convolution: weight, bias: bias, stride: stride)
    }

    func convolve(_ x: Tensor, _ weights: any PackedConvolution, adding: Bool, into y: Tensor) {
        plain.convolve(x, weights, adding: adding, into: y)
    }

    private func widened(_ x: RowsView) -> RowsView { x.view(of: widened(x.tensor)) }

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
