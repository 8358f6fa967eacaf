/// The number formats that tensors and checkpoints are stored in.
public enum ElementType: String, Sendable, Hashable, Codable {
    /// IEEE 754 single precision.
    case f32
    /// IEEE 754 half precision.
    case f16
    /// The upper half of a single-precision number.
    case bf16

    /// Bytes of one element.
    public var byteCount: Int { self == .f32 ? 4 : 2 }
}
