/// Files inside the binary: a table of paths and constant bytes that a C target embeds.
///
/// The table is asked for through functions that return integers, so that modules without unsafe code
/// can pass it on:
///
///     EmbeddedTree(
///         name: "built-in", count: builtinModelFileCount(), path: builtinModelFilePath,
///         address: builtinModelFileAddress, byteCount: builtinModelFileByteCount)
public struct EmbeddedTree: FileTable {
    /// What messages call it.
    public let name: String
    /// The files by their paths.
    public let files: [String: any ByteSource]

    /// The files of a table.
    /// - Parameters:
    ///   - name: what messages call it.
    ///   - count: files in the table.
    ///   - path: address of a file's path, a C string that stays valid for ever.
    ///   - address: address of a file's first byte, constant memory that stays valid for ever.
    ///   - byteCount: bytes of a file.
    public init(
        name: String, count: Int, path: (Int) -> UInt, address: (Int) -> UInt, byteCount: (Int) -> Int
    ) {
        self.name = name
        var files: [String: any ByteSource] = [:]
        for index in 0..<count {
            // Safe: as far as the table keeps the promise above, which a table of C constants does.
            guard let text = UnsafePointer<CChar>(bitPattern: path(index)) else { continue }
            let path = String(cString: text)
            files[path] = EmbeddedBytes(
                name: "\(name)/\(path)", byteCount: byteCount(index), address: address(index))
        }
        self.files = files
    }
}

/// Constant bytes at a fixed address.
private struct EmbeddedBytes: ByteSource {
    let name: String
    let byteCount: Int
    let address: UInt

    // Safe: the range was checked against `byteCount`, which the table states for `address`.
    func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(ReadError) {
        try checkRange(range, target)
        guard let base = UnsafeRawPointer(bitPattern: address) else { return }
        target.copyMemory(from: UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }
}
