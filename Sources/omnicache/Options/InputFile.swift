import Files

/// The contents of a file that the user named.
/// - Throws: `ReadError` if it is not there, larger than `limit` bytes or cannot be read.
func readInput(_ path: String, atMost limit: Int = 16 << 20) throws(ReadError) -> [UInt8] {
    try FileSource(path).bytes(atMost: limit)
}

/// The contents of a JSON file that the user named.
/// - Throws: what `readInput` throws, and `ReadError` for what is no JSON or has a name twice in an object.
func readJSONInput(_ path: String) throws(ReadError) -> [UInt8] {
    let bytes = try readInput(path)
    try requireStrictJSON(bytes, file: path)
    return bytes
}
