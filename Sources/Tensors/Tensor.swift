/// A dense row-major array of numbers: an owner of memory, or a view of some of another tensor's rows.
///
/// Views share storage, so that writing through one is seen through all. Arithmetic lives in `Engines`.
/// Not `Sendable`, for the reason that `AlignedBytes` gives.
public final class Tensor {
    /// Extents, outermost first; a scalar has none.
    public let shape: [Int]
    /// The format of the elements.
    public let elementType: ElementType
    /// The memory that holds the elements, perhaps among others.
    public let storage: AlignedBytes
    /// Where in `storage` the first element is.
    public let byteOffset: Int

    /// A tensor of zeros that owns its memory.
    public convenience init(zeros shape: [Int], _ elementType: ElementType = .f32) {
        let bytes = Tensor.elementCount(of: shape) * elementType.byteCount
        self.init(AlignedBytes(byteCount: bytes), byteOffset: 0, shape: shape, elementType)
    }

    /// A tensor of the given numbers, row-major, f32.
    public convenience init(_ values: [Float], shape: [Int]) {
        self.init(zeros: shape)
        precondition(values.count == count, "Tensor: \(values.count) values for shape \(shape)")
        withUnsafeElements(Float.self) { $0.baseAddress?.update(from: values, count: values.count) }
    }

    /// A view of `storage` from `byteOffset` on.
    public init(_ storage: AlignedBytes, byteOffset: Int, shape: [Int], _ elementType: ElementType = .f32) {
        let bytes = Tensor.elementCount(of: shape) * elementType.byteCount
        precondition(
            byteOffset >= 0 && byteOffset + bytes <= storage.byteCount
                && byteOffset % elementType.byteCount == 0,
            "Tensor: \(shape) at byte \(byteOffset) does not fit \(storage.byteCount) bytes")
        self.storage = storage
        self.byteOffset = byteOffset
        self.shape = shape
        self.elementType = elementType
    }

    /// Elements in all.
    public var count: Int { Tensor.elementCount(of: shape) }

    /// Bytes in all.
    public var byteCount: Int { count * elementType.byteCount }

    /// A view of some entries of the first axis: shape [range.count, rest…].
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(
            !shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0],
            "Tensor: rows \(range) of shape \(shape)")
        let rest = Array(shape.dropFirst())
        let rowBytes = Tensor.elementCount(of: rest) * elementType.byteCount
        return Tensor(
            storage, byteOffset: byteOffset + range.lowerBound * rowBytes, shape: [range.count] + rest,
            elementType)
    }

    /// A view of one entry of the first axis, without that axis.
    public subscript(row: Int) -> Tensor {
        let view = rows(row..<row + 1)
        return view.reshaped(Array(shape.dropFirst()))
    }

    /// The same elements under another shape of equal count.
    public func reshaped(_ shape: [Int]) -> Tensor {
        precondition(
            Tensor.elementCount(of: shape) == count, "Tensor: \(self.shape) cannot be reshaped to \(shape)")
        return Tensor(storage, byteOffset: byteOffset, shape: shape, elementType)
    }

    /// The product of the extents; an empty shape is a scalar.
    public static func elementCount(of shape: [Int]) -> Int {
        shape.reduce(1) { product, extent in
            precondition(extent >= 0, "Tensor: negative extent in \(shape)")
            return product * extent
        }
    }
}
