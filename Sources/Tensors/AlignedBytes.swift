#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Owned memory whose start is aligned to 64 bytes, zeroed when made.
///
/// It is a class so that several tensors can be views of one piece; it is not `Sendable`: one rank's
/// thread owns it, and the threads of that rank's pool work on disjoint parts of it.
public final class AlignedBytes {
    /// The alignment of `withUnsafeMutableBytes`'s first byte: a cache line, and an AVX-512 register.
    public static let alignment = 64

    /// Bytes that were asked for.
    public let byteCount: Int

    private let base: UnsafeMutableRawPointer

    /// Zeroed memory.
    /// - Parameter byteCount: bytes, 0 or more.
    public init(byteCount: Int) {
        precondition(byteCount >= 0, "AlignedBytes: \(byteCount) bytes")
        let rounded = max(1, (byteCount + Self.alignment - 1) / Self.alignment) * Self.alignment
        guard let memory = aligned_alloc(Self.alignment, rounded) else {
            preconditionFailure("AlignedBytes: no memory for \(rounded) bytes")
        }
        memset(memory, 0, rounded)
        self.byteCount = byteCount
        self.base = memory
    }

    deinit { free(base) }

    /// Calls `body` with the memory; the pointer must not leave it, except to a transfer that retains `self`.
    ///
    /// Safe, since the memory lives as long as `self`, which the caller holds during the call.
    public func withUnsafeMutableBytes<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
    }
}
