extension AlignedBytes {
    /// Memory that holds a copy of `bytes`.
    public convenience init(_ bytes: [UInt8]) {
        self.init(byteCount: bytes.count)
        assign(bytes)
    }

    /// A copy of the bytes.
    public var bytes: [UInt8] { withUnsafeMutableBytes { Array($0) } }

    /// Overwrites the bytes.
    /// - Parameter bytes: as many as `byteCount`.
    public func assign(_ bytes: [UInt8]) {
        precondition(
            bytes.count == byteCount, "AlignedBytes: \(bytes.count) bytes for a piece of \(byteCount)")
        withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
    }
}
