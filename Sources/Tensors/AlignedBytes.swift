import Platform

/// Owned memory whose start is aligned to 64 bytes, zeroed when made.
///
/// It is a class so that several tensors can be views of one piece; it is not `Sendable`: one rank's
/// thread owns it, and the threads of that rank's pool work on disjoint parts of it.
public final class AlignedBytes {
    /// The alignment of `withUnsafeMutableBytes`'s first byte: a cache line, and an AVX-512 register.
    public static let alignment = 64

    /// Bytes that were asked for.
    public let byteCount: Int

    private let memory: UnsafeMutableRawPointer
    private let base: UnsafeMutableRawPointer

    /// Zeroed memory.
    /// - Parameter byteCount: bytes, 0 or more.
    public init(byteCount: Int) {
        precondition(byteCount >= 0, "AlignedBytes: \(byteCount) bytes")
        // Large pieces come from the kernel, which zeroes a page when it is first touched: so `calloc` costs
        // nothing for what is overwritten anyway, where `memset` would touch it all.
        guard let memory = calloc(byteCount + Self.alignment, 1) else {
            MemoryShortage.met(for: "\(byteCount) bytes of numbers")
        }
        Self.adviseHugePages(memory, byteCount)
        MemoryMeter.current?.add(byteCount)
        self.byteCount = byteCount
        self.memory = memory
        base = memory.alignedUp(toMultipleOf: Self.alignment)
    }

    deinit { free(memory) }

    /// Asks the kernel for pages of 2 MiB where a piece has room for some: a decoder's layers, which take and give back
    /// hundreds of megabytes, spend less time on page faults.
    ///
    /// Safe, since it changes no contents; a kernel that does not do it is no error.
    private static func adviseHugePages(_ memory: UnsafeMutableRawPointer, _ byteCount: Int) {
        guard byteCount >= 4 << 20 else { return }
        let pageSize = 4096
        let first = memory.alignedUp(toMultipleOf: pageSize)
        let length = (memory + byteCount - first) / pageSize * pageSize
        _ = madvise(first, length, MADV_HUGEPAGE)
    }

    /// Calls `body` with the memory; the pointer must not leave it, except to a transfer that retains `self`.
    ///
    /// Safe, since the memory lives as long as `self`, which the caller holds during the call.
    public func withUnsafeMutableBytes<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
    }
}
