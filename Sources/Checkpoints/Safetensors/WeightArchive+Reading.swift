import CKernels
import Synchronization
import Tensors

extension WeightArchive {
    /// Bytes read at a time: within a core's second-level cache, so that hashing and widening find them there.
    private static let pieceByteCount = 1 << 20

    /// Reads a tensor, or some entries of its first axis, from the disk.
    /// - Parameters:
    ///   - tensorName: its name.
    ///   - shape: the shape it must have, up to trailing 1×1 axes. The result has it too, but for `rows`.
    ///   - rows: the entries of the first axis to read; nil is all. Only their bytes are read.
    /// - Returns: f32, row-major; F16 and BF16 are widened exactly.
    /// - Throws: `.invalid` if it is missing, of another shape, not F32, F16 or BF16, or cannot be read.
    public func read(
        _ tensorName: String, shape: [Int], rows: Range<Int>? = nil
    ) throws(CheckpointError) -> Tensor {
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
        var bytes = stored.bytes
        var resultShape = shape
        if let rows {
            precondition(
                !shape.isEmpty && rows.lowerBound >= 0 && rows.upperBound <= shape[0],
                "\(tensorName): rows \(rows) of shape \(shape)")
            let rowByteCount = shape[0] == 0 ? 0 : bytes.count / shape[0]
            resultShape[0] = rows.count
            let start = bytes.lowerBound + rows.lowerBound * rowByteCount
            bytes = start..<start + rows.count * rowByteCount
        }
        let result = Tensor(zeros: resultShape)
        var hash = ContentHash()
        try result.withUnsafeElements(Float.self) { (elements) throws(CheckpointError) in
            try Self.read(bytes, of: stored.file, type, into: elements, &hash)
        }
        if bytes == stored.bytes {
            let value = hash.value
            hashes.withLock { $0[tensorName] = value }
        }
        return result
    }

    /// The hash of a tensor's stored bytes, which are read once for it if they have not been.
    ///
    /// Two tensors of one format have equal numbers exactly if their hashes are equal (but for collisions).
    /// - Throws: `.invalid` if there is none of this name, or it cannot be read.
    public func contentHash(of tensorName: String) throws(CheckpointError) -> UInt64 {
        let stored = try tensor(tensorName)
        if let known = contentHashes[tensorName] { return known }
        var hash = ContentHash()
        var staging = [UInt8](repeating: 0, count: max(1, min(stored.bytes.count, Self.pieceByteCount)))
        for start in stride(from: stored.bytes.lowerBound, to: stored.bytes.upperBound, by: staging.count) {
            let piece = start..<min(start + staging.count, stored.bytes.upperBound)
            // Safe: a piece is never longer than `staging`.
            try staging.withUnsafeMutableBufferPointer { (staging) throws(CheckpointError) in
                let bytes = UnsafeMutableRawBufferPointer(
                    UnsafeMutableBufferPointer(rebasing: staging[..<piece.count]))
                try stored.file.read(piece, into: bytes)
                hash.add(UnsafeRawBufferPointer(bytes))
            }
        }
        let value = hash.value
        hashes.withLock { $0[tensorName] = value }
        return value
    }

    // Safe: pieces are cut from `bytes`, whose count is that of `elements` in the stored format.
    private static func read(
        _ bytes: Range<Int>, of file: any ByteSource, _ type: ElementType,
        into elements: UnsafeMutableBufferPointer<Float>, _ hash: inout ContentHash
    ) throws(CheckpointError) {
        var staging = [UInt16](repeating: 0, count: type == .f32 ? 0 : min(bytes.count, pieceByteCount) / 2)
        for start in stride(from: bytes.lowerBound, to: bytes.upperBound, by: pieceByteCount) {
            let piece = start..<min(start + pieceByteCount, bytes.upperBound)
            let count = piece.count / type.byteCount
            let first = (start - bytes.lowerBound) / type.byteCount
            let target = UnsafeMutableBufferPointer(rebasing: elements[first..<first + count])
            guard type != .f32 else {
                try file.read(piece, into: UnsafeMutableRawBufferPointer(target))
                hash.add(UnsafeRawBufferPointer(target))
                continue
            }
            try staging.withUnsafeMutableBufferPointer { (halves) throws(CheckpointError) in
                let halves = UnsafeMutableBufferPointer(rebasing: halves[..<count])
                try file.read(piece, into: UnsafeMutableRawBufferPointer(halves))
                hash.add(UnsafeRawBufferPointer(halves))
                let widen = type == .f16 ? halfToFloat : bfloatToFloat
                widen(target.baseAddress, halves.baseAddress, count)
            }
        }
    }
}
