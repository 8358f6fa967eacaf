import Checkpoints
import Engines
import Files
import Tensors

/// Two convolutions, each with its batch normalization folded into it, the first of stride 2.
struct ClassifierStage {
    // torch.nn.BatchNorm2d's default.
    private static let epsilon: Float = 1e-5

    private let halving: any PackedConvolution
    private let second: any PackedConvolution

    init(_ stage: Int, _ layout: ClassifierLayout, _ engine: any Engine) throws(ReadError) {
        let (inputs, outputs) = (layout.channels[stage], layout.channels[stage + 1])
        halving = try Self.folded(stage, 0, [outputs, inputs, 3, 3], layout, engine)
        second = try Self.folded(stage, 1, [outputs, outputs, 3, 3], layout, engine)
    }

    /// [2·H, 2·W, inputs] to [H, W, outputs].
    func apply(_ x: Tensor, _ engine: any Engine) -> Tensor {
        // With padding 1, a convolution of stride 2 is that of stride 1 at even rows and columns.
        let wide = Self.convolved(x, halving, engine)
        let (height, width, channels) = (x.shape[0] / 2, x.shape[1] / 2, wide.shape[2])
        let values = wide.values
        var kept: [Float] = []
        kept.reserveCapacity(wide.count / 4)
        for row in 0..<height {
            for column in 0..<width {
                let pixel = (2 * row * x.shape[1] + 2 * column) * channels
                for value in values[pixel..<pixel + channels] { kept.append(max(0, value)) }
            }
        }
        let y = Self.convolved(Tensor(kept, shape: [height, width, channels]), second, engine)
        y.assign(y.values.map { max(0, $0) })
        return y
    }

    private static func convolved(
        _ x: Tensor, _ weights: any PackedConvolution, _ engine: any Engine
    ) -> Tensor {
        let y = Tensor(zeros: [x.shape[0], x.shape[1], weights.outputChannels])
        engine.convolve(x, weights, into: y)
        return y
    }

    /// (w ∗ x − mean) · s + bias with s = weight / √(variance + ε), as the convolution w · s with another bias.
    private static func folded(
        _ stage: Int, _ index: Int, _ shape: [Int], _ layout: ClassifierLayout, _ engine: any Engine
    ) throws(ReadError) -> any PackedConvolution {
        let norm = ClassifierLayout.normalization(stage, index)
        func vector(_ part: String) throws(ReadError) -> [Float] {
            try layout.finite("\(norm).\(part)", shape: [shape[0]]).values
        }
        let (mean, variance) = (try vector("running_mean"), try vector("running_var"))
        guard variance.allSatisfy({ $0 >= 0 }) else {
            throw ReadError(
                .invalid, "\(layout.weights.name): tensor \(norm).running_var: holds a negative variance")
        }
        let scale = zip(try vector("weight"), variance).map { $0 / ($1 + epsilon).squareRoot() }
        let weight = try layout.finite(ClassifierLayout.convolution(stage, index) + ".weight", shape: shape)
        let length = weight.count / shape[0]
        weight.assign(weight.values.enumerated().map { $1 * scale[$0 / length] })
        let bias = zip(try vector("bias"), zip(mean, scale)).map { $0 - $1.0 * $1.1 }
        return engine.pack(convolution: weight, bias: Tensor(bias, shape: [shape[0]]))
    }
}

extension ClassifierLayout {
    /// A tensor that may hold neither NaN nor infinity.
    func finite(_ name: String, shape: [Int]) throws(ReadError) -> Tensor {
        let tensor = try weights.read(name, shape: shape)
        guard tensor.values.allSatisfy(\.isFinite) else {
            throw ReadError(.invalid, "\(weights.name): tensor \(name): holds NaN or infinity")
        }
        return tensor
    }
}
