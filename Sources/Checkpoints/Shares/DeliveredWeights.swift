import Files
public import Tensors

/// A share that arrives piece by piece, as a file that is read once from beginning to end.
///
/// Each piece's hash is compared before any of it is used. It is the loading thread's own.
public final class DeliveredWeights: ByteSource, @unchecked Sendable {
    // Safe: archives made over it are read by the rank's own thread alone, as `next` demands too.

    /// What messages call it.
    public let name = "weights from rank 0"
    /// The bytes of the share.
    public let byteCount: Int
    /// What has arrived is not kept.
    public let canBeReadAgain = false
    /// What `next` or a cache threw, of which a reader sees the words alone.
    public private(set) var failure: (any Error)?

    private let next: () throws -> AlignedBytes
    private let cache: WeightCache.Writer?
    private var message = AlignedBytes(byteCount: WeightShare.hashByteCount)
    private var pieces = 0
    private var position = 0
    /// How far the messages reach that have arrived.
    private var end = 0

    /// A share whose pieces are still to come.
    /// - Parameters:
    ///   - cache: keeps each piece that arrives.
    ///   - next: gives the message of the next piece; the one before may be overwritten.
    public init(_ share: WeightShare, cache: WeightCache.Writer?, next: @escaping () throws -> AlignedBytes) {
        byteCount = share.byteCount
        self.cache = cache
        self.next = next
    }

    /// Copies the bytes that come next; `range` must begin where the last one ended.
    public func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(ReadError) {
        try checkRange(range, target)
        precondition(
            range.lowerBound == position, "\(name): bytes \(range) were asked at \(position), out of order")
        while position < range.upperBound {
            if position == end { try take() }
            let count = min(end, range.upperBound) - position
            // Safe: the part lies within the message and, by the check above, within the target.
            message.withUnsafeMutableBytes { bytes in
                let payload = bytes.count - WeightShare.hashByteCount
                let start = payload - (end - position)
                UnsafeMutableRawBufferPointer(rebasing: target[(position - range.lowerBound)...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
            }
            position += count
        }
    }

    private func take() throws(ReadError) {
        do {
            message = try next()
            try check()
        } catch {
            throw error as? ReadError ?? ReadError(.invalid, "\(name): \(error)", cause: error)
        }
    }

    // Safe: a message is longer than its hash.
    private func check() throws {
        try message.withUnsafeMutableBytes { bytes in
            let payload = UnsafeRawBufferPointer(
                rebasing: bytes[..<(bytes.count - WeightShare.hashByteCount)])
            var hash = ContentHash()
            hash.add(payload)
            let sent = bytes.loadUnaligned(fromByteOffset: payload.count, as: UInt64.self)
            guard hash.value.littleEndian == sent else {
                throw ReadError.invalid(
                    name, "piece \(pieces) did not arrive as it was sent; check the network and memory")
            }
            try cache?.append(payload)
            pieces += 1
            end += payload.count
        }
    }
}
