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
    /// What numbers travel as.
    let type: ElementType
    private let scratch = ScratchTensors()

    init(_ context: StageContext) {
        engine = context.stage.engine
        type = context.run.wire.elementType
    }

    /// Writes tensors as they travel into a message, one behind the other along its first axis.
    func encode(_ pieces: [Tensor], into message: Tensor) {
        var start = 0
        for piece in pieces {
            let place = message.rows(start..<start + piece.shape[0])
            if type == .f32 { place.copy(from: piece) } else { engine.convert(piece, into: place) }
            start += piece.shape[0]
        }
    }

    /// The numbers of a message in f32, free to be changed until the next call for the same shape.
    func decoded(_ message: Tensor) -> Tensor {
        if message.elementType == .f32 { return message }
        let numbers = scratch.tensor("decoded", message.shape)
        engine.convert(message, into: numbers)
        return numbers
    }
}
