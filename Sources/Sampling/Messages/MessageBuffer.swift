import Tensors

/// A message's memory: an envelope and, behind it, numbers.
struct MessageBuffer {
    let bytes: AlignedBytes
    let header: Tensor
    let payload: Tensor

    /// Memory for a payload of the given shape.
    init(shape: [Int], _ type: ElementType = .f32) {
        bytes = AlignedBytes(
            byteCount: Envelope.byteCount + Tensor.elementCount(of: shape) * type.byteCount)
        header = Tensor(bytes, byteOffset: 0, shape: [Envelope.count])
        payload = Tensor(bytes, byteOffset: Envelope.byteCount, shape: shape, type)
    }
}

/// Buffers between two messages, so that a run takes memory at its start and then no more.
struct SpareBuffers {
    private var buffers: [MessageBuffer] = []

    /// A buffer for a payload of the given shape: a spare one, if there is one.
    mutating func take(_ shape: [Int], _ type: ElementType = .f32) -> MessageBuffer {
        let spare = buffers.firstIndex { $0.payload.shape == shape && $0.payload.elementType == type }
        return spare.map { buffers.remove(at: $0) } ?? MessageBuffer(shape: shape, type)
    }

    /// Keeps a buffer that no message is in any more.
    mutating func keep(_ buffer: MessageBuffer) { buffers.append(buffer) }
}
