import COpenBLAS
import Platform
import Synchronization

/// The buffers that OpenBLAS's calls work in, one for each thread that calls.
package enum OpenBLASBuffers {
    /// At least what one takes; the library touches only what it uses.
    private static let byteCount = 160 << 20
    private static let reserved = Mutex(0)

    /// Has the library map as many as threads will call it at once.
    ///
    /// Where it finds no room for one in a call, it never returns.
    /// - Throws: ``LinearAlgebraError`` where the address space is too short.
    package static func reserve(_ count: Int) throws(LinearAlgebraError) {
        let hasRoom = reserved.withLock { reserved in
            guard count > reserved else { return true }
            var taken: [UnsafeMutableRawPointer] = []
            defer { taken.forEach { openblas_give_buffer($0) } }
            while taken.count < count {
                guard canMap(byteCount) else { return false }
                guard let buffer = openblas_take_buffer() else { return true }
                taken.append(buffer)
            }
            reserved = count
            return true
        }
        guard hasRoom else {
            throw LinearAlgebraError(
                """
                the system has no room for OpenBLAS's buffers, \(byteCount >> 20) MiB of address space for each of \
                \(count == 1 ? "1 thread" : "\(count) threads"): raise its limit (ulimit -v), or lower --threads
                """)
        }
    }

    /// Whether so much more could be mapped; safe, since what is mapped for that is never read or written.
    private static func canMap(_ byteCount: Int) -> Bool {
        let address = mmap(nil, byteCount, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let address, address != MAP_FAILED else { return false }
        return munmap(address, byteCount) == 0
    }
}
