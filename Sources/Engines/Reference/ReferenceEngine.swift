import Platform
import Tensors

/// The plainest engine there is: loops over f32 that sum in f64, slow, for tests to compare with.
///
/// Every member does what ``Engine`` says of it.
public final class ReferenceEngine: Engine {
    /// Runs nothing here: the loops stay on the caller's thread.
    public let pool: ThreadPool
    /// f32.
    public var activationType: ElementType { .f32 }
    /// Names itself `reference`.
    public var description: EngineDescription {
        EngineDescription(name: "reference", precision: .f32, threads: pool.threads, kernels: "plain loops")
    }

    /// An engine on the given number of threads.
    public init(threads: Int = 1) {
        pool = ThreadPool(threads: threads)
    }

    /// Copies the weights.
    public func pack(weight: Tensor, bias: Tensor?) -> any PackedLinear {
        ReferenceLinear(weight: weight, bias: bias)
    }

    /// y = activation(x · Wᵀ + b).
    public func linear(_ x: Tensor, _ weights: any PackedLinear, activation: Activation, into y: Tensor) {
        guard let layer = weights as? ReferenceLinear else {
            preconditionFailure("ReferenceEngine: weights packed by \(type(of: weights))")
        }
        let (inputs, outputs) = (layer.inputWidth, layer.outputWidth)
        let rows = x.count / inputs
        precondition(
            x.shape.last == inputs && y.count == rows * outputs,
            "ReferenceEngine: linear \(inputs) to \(outputs) on \(x.shape) into \(y.shape)")
        let (x, weight, bias) = (x.values, layer.weight.values, layer.bias?.values)
        var result = [Float](repeating: 0, count: rows * outputs)
        for row in 0..<rows {
            for output in 0..<outputs {
                var sum = Double(bias?[output] ?? 0)
                for input in 0..<inputs {
                    sum += Double(x[row * inputs + input]) * Double(weight[output * inputs + input])
                }
                result[row * outputs + output] = Float(activate(sum, activation))
            }
        }
        y.assign(result)
    }

    private func activate(_ x: Double, _ activation: Activation) -> Double {
        switch activation {
        case .identity: x
        case .silu: x / (1 + exp(-x))
        case .gelu: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .exactGELU: 0.5 * x * (1 + erf(x / 2.squareRoot()))
        case .quickGELU: x / (1 + exp(-1.702 * x))
        case .relu: max(x, 0)
        case .tanh: tanh(x)
        }
    }
}
