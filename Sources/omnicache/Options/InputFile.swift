import Checkpoints

/// The contents of a file that the user named.
/// - Throws: `CheckpointError` if it is not there, larger than `limit` bytes or cannot be read.
func readInput(_ path: String, atMost limit: Int = 16 << 20) throws(CheckpointError) -> [UInt8] {
    try FileSource(path).bytes(atMost: limit)
}
