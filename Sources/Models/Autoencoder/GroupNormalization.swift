import Checkpoints
import Engines
import Files
import Tensors

/// A group norm with weight and bias, epsilon 1e-6 as everywhere in `AutoencoderKL`.
struct GroupNormalization {
    private let groups: Int
    private let weight: Tensor
    private let bias: Tensor

    init(_ name: String, _ reader: LayerReader, channels: Int, groups: Int) throws(ReadError) {
        precondition(channels % groups == 0, "\(name): \(channels) channels in \(groups) groups")
        self.groups = groups
        weight = try reader.weights.read(name + ".weight", shape: [channels])
        bias = try reader.weights.read(name + ".bias", shape: [channels])
    }

    var byteCount: Int { weight.byteCount + bias.byteCount }

    /// The norm of x [H, W, C], and silu after it if wanted.
    func apply(_ x: Tensor, silu: Bool, _ engine: any Engine) -> Tensor {
        let y = Tensor(zeros: x.shape)
        apply(x, silu: silu, engine, into: y)
        return y
    }

    /// The same in place.
    func apply(to x: Tensor, silu: Bool, _ engine: any Engine) { apply(x, silu: silu, engine, into: x) }

    private func apply(_ x: Tensor, silu: Bool, _ engine: any Engine, into y: Tensor) {
        engine.groupNorm(x, groups: groups, weight: weight, bias: bias, epsilon: 1e-6, silu: silu, into: y)
    }
}
