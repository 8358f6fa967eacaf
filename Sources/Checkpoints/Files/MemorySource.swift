/// Bytes in memory as a file to read.
public struct MemorySource: ByteSource {
    /// What messages call it.
    public let name: String
    private let contents: [UInt8]

    /// Its size.
    public var byteCount: Int { contents.count }

    /// A file of the given bytes.
    public init(name: String, _ contents: [UInt8]) {
        self.name = name
        self.contents = contents
    }

    /// Copies the bytes of `range` to `target`.
    public func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(CheckpointError)
    {
        try checkRange(range, target)
        target.copyBytes(from: contents[range])
    }
}
