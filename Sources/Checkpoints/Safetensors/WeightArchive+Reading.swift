import CKernels
import Files
import Synchronization
import Tensors

extension WeightArchive {
    /// Bytes read at a time: within a core's second-level cache, so that hashing and widening find them there.
    private static let pieceByteCount = 1 << 20

    /// Reads a tensor from the disk.
    /// - Parameters:
    ///   - tensorName: its name.
    ///   - shape: the shape it must have, up to trailing 1×1 axes. The result has it too.
    /// - Returns: f32, row-major; F16 and BF16 are widened exactly.
    /// - Throws: `.invalid` if it is missing, of another shape, not F32, F16 or BF16, or cannot be read.
    public func read(_ tensorName: String, shape: [Int]) throws(ReadError) -> Tensor {
        // Before memory is taken for it: a configuration may ask for any size.
        try check(tensorName, shape: shape)
        let result = Tensor(zeros: shape)
        try read(tensorName, into: result)
        return result
    }

    /// Reads a tensor from the disk into memory that is there.
    /// - Parameters:
    ///   - tensorName: its name.
    ///   - result: f32, row-major, of the shape that the tensor must have, up to trailing 1×1 axes.
    ///   - afterEachPiece: called after each megabyte.
    /// - Throws: `.invalid` if it is missing, of another shape, not F32, F16 or BF16, or cannot be read.
    public func read(
        _ tensorName: String, into result: Tensor, afterEachPiece: () -> Void = {}
    ) throws(ReadError) {
        let (stored, type) = try check(tensorName, shape: result.shape)
        var hash = ContentHash()
        try result.withUnsafeElements(Float.self) { (elements) throws(ReadError) in
            try Self.read(
                stored.bytes, of: stored.file, type, into: elements, &hash, afterEachPiece: afterEachPiece)
        }
        let value = hash.value
        hashes.withLock { $0[tensorName] = value }
    }

    /// A hash of 64 bytes from the middle of each tensor.
    ///
    /// It tells a model from one that was trained further, for some hundred small reads; numbers that differ singly
    /// it does not see.
    /// - Throws: `.invalid` if a file cannot be read.
    public func sampleHash() throws(ReadError) -> UInt64 {
        var hash = ContentHash()
        for name in names {
            let stored = try tensor(name)
            let start = stored.bytes.lowerBound + max(0, stored.bytes.count - 64) / 2
            hash.add(try stored.file.bytes(start..<min(start + 64, stored.bytes.upperBound)))
        }
        return hash.value
    }

    @discardableResult
    private func check(
        _ tensorName: String, shape: [Int]
    ) throws(ReadError) -> (stored: StoredTensor, type: ElementType) {
        let stored = try tensor(tensorName)
        guard sameLayer(stored.shape, shape) else {
            throw .invalid(
                name,
                "tensor \(tensorName): expected shape \(shape), found \(stored.shape); "
                    + "does config.json belong to these weights?")
        }
        guard let type = stored.type.elementType else {
            throw .invalid(
                name,
                "tensor \(tensorName): stored as \(stored.type.rawValue); supported are "
                    + StorageType.supported)
        }
        return (stored, type)
    }

    // Safe: pieces are cut from `bytes`, whose count is that of `elements` in the stored format.
    private static func read(
        _ bytes: Range<Int>, of file: any ByteSource, _ type: ElementType,
        into elements: UnsafeMutableBufferPointer<Float>, _ hash: inout ContentHash,
        afterEachPiece: () -> Void
    ) throws(ReadError) {
        var staging = [UInt16](repeating: 0, count: type == .f32 ? 0 : min(bytes.count, pieceByteCount) / 2)
        for start in stride(from: bytes.lowerBound, to: bytes.upperBound, by: pieceByteCount) {
            defer { afterEachPiece() }
            let piece = start..<min(start + pieceByteCount, bytes.upperBound)
            let count = piece.count / type.byteCount
            let first = (start - bytes.lowerBound) / type.byteCount
            let target = UnsafeMutableBufferPointer(rebasing: elements[first..<first + count])
            guard type != .f32 else {
                try file.read(piece, into: UnsafeMutableRawBufferPointer(target))
                hash.add(UnsafeRawBufferPointer(target))
                continue
            }
            try staging.withUnsafeMutableBufferPointer { (halves) throws(ReadError) in
                let halves = UnsafeMutableBufferPointer(rebasing: halves[..<count])
                try file.read(piece, into: UnsafeMutableRawBufferPointer(halves))
                hash.add(UnsafeRawBufferPointer(halves))
                let widen = type == .f16 ? halfToFloat : bfloatToFloat
                widen(target.baseAddress, halves.baseAddress, count)
            }
        }
    }
}
