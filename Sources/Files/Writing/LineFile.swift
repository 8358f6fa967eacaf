import Platform

/// A private file of lines that only grows; a line is on the disk when its call returns.
///
/// A line that an end has cut short is none: readers leave it out, and it goes when the next one is written.
public final class LineFile {
    private let path: String
    private let descriptor: Int32
    private var byteCount: Int

    /// The whole lines of a file; nil if there is none.
    /// - Throws: `.invalid` if it cannot be read or is larger than `limit` bytes.
    public static func lines(of path: String, atMost limit: Int = 1 << 30) throws(ReadError)
        -> [[UInt8]]?
    {
        do throws(ReadError) {
            return try FileSource(path).bytes(atMost: limit).split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
            ).dropLast().map { Array($0) }
        } catch {
            guard error.kind == .missingFile else { throw error }
            return nil
        }
    }

    /// Opens a file to append to, or makes it.
    /// - Throws: `WriteError`, and `ReadError` if what is there cannot be read.
    public init(_ path: String) throws {
        let lines = try Self.lines(of: path)
        byteCount = lines?.reduce(0) { $0 + $1.count + 1 } ?? 0
        self.path = path
        descriptor = openFile(path, O_CREAT | O_WRONLY, mode: privateMode)
        guard descriptor >= 0 else { throw WriteError(path, errno) }
        // Its name is to last as its lines do.
        let code = lines == nil ? syncFolder(folderName(of: path)) : 0
        guard code == 0 else { throw WriteError(path, code) }
    }

    deinit { close(descriptor) }

    /// Appends a line, whole or not at all.
    public func append(_ line: [UInt8]) throws(WriteError) {
        precondition(!line.contains(UInt8(ascii: "\n")), "LineFile: a line of two")
        let bytes = line + [UInt8(ascii: "\n")]
        // What an earlier end has cut short begins where this line does.
        guard retrying({ ftruncate(descriptor, byteCount) }) == 0 else { throw WriteError(path, errno) }
        var done = 0
        while done < bytes.count {
            // Safe: `done` stays below the array's count.
            let count = bytes.withUnsafeBytes { bytes in
                retrying {
                    pwrite(
                        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, byteCount + done)
                }
            }
            guard count >= 0 else { throw WriteError(path, errno) }
            done += count
        }
        guard retrying({ fsync(descriptor) }) == 0 else { throw WriteError(path, errno) }
        byteCount += bytes.count
    }
}
