extension Tensor {
    /// Calls `body` with the elements as numbers of type `T`; the pointer must not leave it.
    ///
    /// `T` must have the element's size: `Float` for f32, `UInt16` for f16 and bf16. Safe, since bounds and
    /// alignment were checked when the view was made, and `storage` outlives the call.
    public func withUnsafeElements<T: BitwiseCopyable, R, E: Error>(
        _ type: T.Type, _ body: (UnsafeMutableBufferPointer<T>) throws(E) -> R
    ) throws(E) -> R {
        precondition(
            MemoryLayout<T>.stride == elementType.byteCount,
            "Tensor: elements are \(elementType), not \(T.self)")
        return try storage.withUnsafeMutableBytes { (bytes) throws(E) -> R in
            let part = UnsafeMutableRawBufferPointer(rebasing: bytes[byteOffset..<byteOffset + byteCount])
            return try body(part.assumingMemoryBound(to: T.self))
        }
    }

    /// The elements of an f32 tensor to read.
    public var elements: Span<Float> {
        @_lifetime(borrow self)
        get {
            let buffer = withUnsafeElements(Float.self) { UnsafeBufferPointer($0) }
            // Safe: the memory lives as long as `self`, on which the span depends.
            return _overrideLifetime(Span(_unsafeElements: buffer), borrowing: self)
        }
    }

    /// The elements of an f32 tensor to write.
    ///
    /// Views of the same storage must not be read meanwhile.
    public var mutableElements: MutableSpan<Float> {
        @_lifetime(borrow self)
        get {
            let buffer = withUnsafeElements(Float.self) { $0 }
            // Safe: the memory lives as long as `self`, on which the span depends.
            return _overrideLifetime(MutableSpan(_unsafeElements: buffer), borrowing: self)
        }
    }

    /// A copy of the elements of an f32 tensor.
    public var values: [Float] { withUnsafeElements(Float.self) { Array($0) } }

    /// Overwrites the elements of an f32 tensor.
    /// - Parameter values: as many as `count`.
    public func assign(_ values: [Float]) {
        precondition(values.count == count, "Tensor: \(values.count) values for shape \(shape)")
        withUnsafeElements(Float.self) { $0.baseAddress?.update(from: values, count: values.count) }
    }

    /// Overwrites the elements with those of `other`, which has the same count and element type.
    public func copy(from other: Tensor) {
        precondition(
            other.count == count && other.elementType == elementType,
            "Tensor: cannot copy \(other.shape) \(other.elementType) to \(shape) \(elementType)")
        storage.withUnsafeMutableBytes { target in
            other.storage.withUnsafeMutableBytes { source in
                let from = UnsafeRawBufferPointer(
                    rebasing: source[other.byteOffset..<other.byteOffset + byteCount])
                UnsafeMutableRawBufferPointer(rebasing: target[byteOffset..<byteOffset + byteCount])
                    .copyMemory(from: from)
            }
        }
    }

    /// Sets every number to 0, in either format.
    public func fillWithZeros() {
        storage.withUnsafeMutableBytes { bytes in
            for index in byteOffset..<byteOffset + byteCount { bytes[index] = 0 }
        }
    }
}
