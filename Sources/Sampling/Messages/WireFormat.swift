import Engines
import Tensors

/// The number format in which hidden states travel between ranks; latents and decisions always travel in f32.
public enum WireFormat: String, Sendable, Codable, CaseIterable {
    /// As they are computed: the number of ranks never changes a result.
    case f32
    /// Half the bytes: each is rounded to 8 significant bits between two ranks, so that results depend on the cut.
    case bf16

    /// The same as an element type.
    public var elementType: ElementType { self == .f32 ? .f32 : .bf16 }
}

/// Brings hidden states into the format that travels, and back to f32.
final class WireCodec {
    private let engine: any Engine
    private let type: ElementType
    private let scratch = ScratchTensors()

    init(_ context: StageContext) {
        engine = context.stage.engine
        type = context.run.wire.elementType
    }

    /// The numbers as they travel; valid until the next call for the same shape.
    func encoded(_ hidden: Tensor) -> Tensor { converted(hidden, to: type) }

    /// The numbers of a message in f32, free to be changed until the next call for the same shape.
    func decoded(_ message: Tensor) -> Tensor { converted(message, to: .f32) }

    private func converted(_ numbers: Tensor, to type: ElementType) -> Tensor {
        if numbers.elementType == type { return numbers }
        let result = scratch.tensor("converted", numbers.shape, type)
        engine.convert(numbers, into: result)
        return result
    }
}
