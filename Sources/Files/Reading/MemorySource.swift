/// Bytes in memory, or made as they are read, as a file to read.
public struct MemorySource: ByteSource {
    /// What messages call it.
    public let name: String
    /// Its size.
    public let byteCount: Int
    private let contents: @Sendable (Range<Int>) -> ArraySlice<UInt8>

    /// A file of the given bytes.
    public init(name: String, _ contents: [UInt8]) {
        self.init(name: name, byteCount: contents.count) { contents[$0] }
    }

    /// A file that is stored nowhere.
    /// - Parameter contents: the bytes of a range within the file, the same at every call and on every thread.
    public init(
        name: String, byteCount: Int, contents: @escaping @Sendable (Range<Int>) -> ArraySlice<UInt8>
    ) {
        self.name = name
        self.byteCount = byteCount
        self.contents = contents
    }

    /// Copies the bytes of `range` to `target`.
    public func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(ReadError) {
        try checkRange(range, target)
        target.copyBytes(from: contents(range))
    }
}
