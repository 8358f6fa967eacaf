import Checkpoints
import Engines
import Files
import Tensors

/// The layers of one part of a model, read and packed, by the first of each one's names.
struct PartLayers {
    fileprivate(set) var linears: [String: any PackedLinear] = [:]
    fileprivate(set) var tensors: [String: Tensor] = [:]

    /// A linear layer that was read.
    func linear(_ name: String) -> any PackedLinear {
        guard let layer = linears[name] else { preconditionFailure("PartLayers: no linear layer \(name)") }
        return layer
    }

    /// A linear layer that was read, unless it is one that is read again when it is needed.
    func linearIfKept(_ name: String) -> (any PackedLinear)? { linears[name] }

    /// A tensor that was read, f32, in memory of its own.
    func tensor(_ name: String) -> Tensor {
        guard let tensor = tensors[name] else { preconditionFailure("PartLayers: no tensor \(name)") }
        return tensor
    }
}

extension LayerReader {
    /// Reads declared layers in their order, and hands over each part when it is whole.
    /// - Parameter take: may keep of the part what it needs; the rest is let go.
    func read(
        _ layers: [LayerSpecification],
        _ take: (ModelPart, PartLayers) throws(ReadError) -> Void
    ) throws(ReadError) {
        var rest = layers[...]
        while let part = rest.first?.part {
            let own = rest.prefix { $0.part == part }
            rest = rest.dropFirst(own.count)
            var read = PartLayers()
            for layer in own {
                switch layer.kind {
                case .linear where !layer.stays && weights.canBeReadAgain: try pass(layer)
                case .linear: read.linears[layer.names[0]] = try linear(layer)
                case .tensor(let shape):
                    for name in layer.names {
                        read.tensors[name] = try weights.read(name, shape: shape)
                    }
                    afterEach()
                }
            }
            try take(part, read)
        }
    }
}
