/// A folder of files to read: one on disk, or one inside the binary.
///
/// Paths are relative, with `/` between their parts: `transformer/config.json`.
public protocol FileTree: Sendable {
    /// What messages call this folder.
    var name: String { get }
    /// Whether there is a file or folder of this path.
    func contains(_ path: String) -> Bool
    /// The names in a folder in alphabetic order; none if there is no such folder. The top is "".
    func list(_ folder: String) -> [String]
    /// Opens a file.
    /// - Throws: `.missingFile` if there is none, `.invalid` if it cannot be read.
    func open(_ path: String) throws(ReadError) -> any ByteSource
}

/// The bytes of one file, read by range from several threads at once.
public protocol ByteSource: Sendable {
    /// What messages call this file.
    var name: String { get }
    /// Its size when it was opened.
    var byteCount: Int { get }
    /// When it was last written as it was opened, in nanoseconds; 0 for what never changes.
    var modified: Int { get }
    /// Whether ranges may be read more than once and in any order.
    var canBeReadAgain: Bool { get }
    /// Copies the bytes of `range` to `target`, whose count is the range's.
    /// - Throws: `.invalid` if the range is not within the file or the file no longer holds it.
    func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(ReadError)
}

extension FileTree {
    /// The whole of a small file.
    /// - Throws: as `open`, and `.invalid` above 16 MiB, far beyond any configuration.
    public func bytes(of path: String) throws(ReadError) -> [UInt8] {
        try open(path).bytes(atMost: 16 << 20)
    }

    /// What messages call a file or folder of it.
    public func fullName(_ path: String) -> String { path.isEmpty ? name : "\(name)/\(path)" }
}

extension ByteSource {
    /// See the protocol.
    public var modified: Int { 0 }
    /// See the protocol.
    public var canBeReadAgain: Bool { true }

    /// The whole file.
    /// - Throws: `.invalid` if it is larger than `limit` bytes or cannot be read.
    public func bytes(atMost limit: Int) throws(ReadError) -> [UInt8] {
        guard byteCount <= limit else {
            throw .invalid(name, "\(byteCount) bytes, where at most \(limit) are expected")
        }
        return try bytes(0..<byteCount)
    }

    /// The beginning of a file.
    /// - Throws: `.invalid` if it cannot be read.
    public func bytes(first count: Int) throws(ReadError) -> [UInt8] {
        try bytes(0..<min(count, byteCount))
    }

    package func bytes(_ range: Range<Int>) throws(ReadError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: range.count)
        try result.withUnsafeMutableBufferPointer { (buffer) throws(ReadError) in
            try read(range, into: UnsafeMutableRawBufferPointer(buffer))
        }
        return result
    }

    package func checkRange(_ range: Range<Int>, _ target: UnsafeMutableRawBufferPointer) throws(ReadError) {
        precondition(target.count == range.count, "\(name): \(range) into \(target.count) bytes")
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw .invalid(name, "bytes \(range) were asked of a file of \(byteCount)")
        }
    }
}
