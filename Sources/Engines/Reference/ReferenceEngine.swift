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

    /// softmax(Q Kᵀ / √(D/H)) V.
    public func attention(_ qkv: Tensor, heads: Int, into y: Tensor) {
        let (images, tokens, width) = (qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3)
        let headWidth = width / heads
        precondition(
            headWidth * heads * 3 == qkv.shape[2] && y.shape == [images, tokens, width],
            "ReferenceEngine: attention of \(heads) heads on \(qkv.shape) into \(y.shape)")
        let values = qkv.values.map(Double.init)
        let stride = 3 * width
        let scale = 1 / Double(headWidth).squareRoot()
        var result = [Float](repeating: 0, count: y.count)
        for index in 0..<images * heads * tokens {
            let (image, head, token) = (index / (heads * tokens), index / tokens % heads, index % tokens)
            let query = (image * tokens + token) * stride + head * headWidth
            let firstKey = image * tokens * stride + width + head * headWidth
            var weights = [Double](repeating: 0, count: tokens)
            for other in 0..<tokens {
                for i in 0..<headWidth {
                    weights[other] += values[query + i] * values[firstKey + other * stride + i] * scale
                }
            }
            let largest = weights.max() ?? 0
            weights = weights.map { exp($0 - largest) }
            let total = weights.reduce(0, +)
            for i in 0..<headWidth {
                var sum = 0.0
                for other in 0..<tokens {
                    sum += weights[other] * values[firstKey + width + other * stride + i]
                }
                result[(image * tokens + token) * width + head * headWidth + i] = Float(sum / total)
            }
        }
        y.assign(result)
    }

    /// Copies the weights.
    public func pack(convolution weight: Tensor, bias: Tensor) -> any PackedConvolution {
        ReferenceConvolution(weight: weight, bias: bias)
    }

    /// y = convolution of x.
    public func convolve(_ x: Tensor, _ weights: any PackedConvolution, into y: Tensor) {
        guard let layer = weights as? ReferenceConvolution else {
            preconditionFailure("ReferenceEngine: weights packed by \(type(of: weights))")
        }
        let (inputs, outputs, kernel) = (layer.inputChannels, layer.outputChannels, layer.weight.shape[2])
        let (height, width, pad) = (x.shape[0], x.shape[1], layer.weight.shape[2] / 2)
        precondition(
            x.shape[2] == inputs && y.shape == [height, width, outputs],
            "ReferenceEngine: convolution \(layer.weight.shape) on \(x.shape) into \(y.shape)")
        let (x, weight, bias) = (x.values, layer.weight.values, layer.bias.values)
        var result = [Float](repeating: 0, count: y.count)
        for output in 0..<outputs {
            for row in 0..<height {
                for column in 0..<width {
                    var sum = Double(bias[output])
                    for input in 0..<inputs {
                        for i in max(0, pad - row)..<min(kernel, height + pad - row) {
                            for j in max(0, pad - column)..<min(kernel, width + pad - column) {
                                let pixel = (row + i - pad) * width + column + j - pad
                                sum +=
                                    Double(x[pixel * inputs + input])
                                    * Double(weight[((output * inputs + input) * kernel + i) * kernel + j])
                            }
                        }
                    }
                    result[(row * width + column) * outputs + output] = Float(sum)
                }
            }
        }
        y.assign(result)
    }

    private func activate(_ x: Double, _ activation: Activation) -> Double {
        switch activation {
        case .identity: x
        case .silu: x / (1 + exp(-x))
        case .gelu: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        }
    }
}
