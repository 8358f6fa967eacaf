internal import COpenMPI
import Transport

/// Throws unless `code` is success: the only place that looks at MPI's return codes.
/// - Parameters:
///   - call: the MPI function.
///   - detail: the rank and what it was doing, for the message.
/// - Throws: `TransportError` with MPI's own text.
func checkMPI(
    _ code: Int32, _ call: String, _ detail: @autoclosure () -> String = ""
) throws(TransportError) {
    guard code != MPI_SUCCESS else { return }
    let detail = detail()
    throw TransportError("\(call)\(detail.isEmpty ? "" : " (\(detail))") failed: \(text(of: code))")
}

/// MPI's name for an error code.
func text(of code: Int32) -> String {
    var length: Int32 = 0
    // Safe: MPI writes at most MPI_MAX_ERROR_STRING characters, which is what there is room for.
    return String(unsafeUninitializedCapacity: Int(MPI_MAX_ERROR_STRING)) { buffer in
        buffer.withMemoryRebound(to: CChar.self) { characters in
            MPI_Error_string(code, characters.baseAddress, &length) == MPI_SUCCESS ? Int(length) : 0
        }
    }
}

/// Whether the status of a receive that ended with `code` tells a message's length: not where the link broke.
func hasLength(_ code: Int32) -> Bool { code == MPI_SUCCESS || code == MPI_ERR_TRUNCATE }

/// Bytes that one MPI call can move: its counts are 32-bit.
let greatestMessageByteCount = Int(Int32.max)

/// A byte count as MPI takes it.
/// - Throws: `TransportError` if it does not fit MPI's 32-bit counts.
func messageCount(_ byteCount: Int, _ what: String) throws(TransportError) -> Int32 {
    guard byteCount <= greatestMessageByteCount else {
        throw TransportError(
            "\(what): \(byteCount) bytes, but one MPI message holds at most \(greatestMessageByteCount); "
                + "use smaller micro-batches")
    }
    return Int32(byteCount)
}
