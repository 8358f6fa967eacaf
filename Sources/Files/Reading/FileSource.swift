import Platform

private func modificationTime(_ status: stat) -> Int {
    Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
}

/// A file on disk, read with `pread`.
///
/// Not a mapping: mapped pages count as resident memory, and a file that shrinks under them ends the
/// process with SIGBUS. Here it is an error.
public final class FileSource: ByteSource {
    /// What messages call it.
    public let name: String
    /// Its size when it was opened.
    public let byteCount: Int
    /// When it was last written, as it was opened.
    public let modified: Int
    private let descriptor: Int32

    /// Opens the file at `path`.
    /// - Throws: `.missingFile` if there is none, `.invalid` if it is no regular file or cannot be opened.
    public init(_ path: String) throws(ReadError) {
        // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        let descriptor = openFile(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code = errno
            guard code != ENOENT && code != ENOTDIR else {
                throw ReadError(.missingFile, "\(path): \(absence(of: path) ?? "no such file")")
            }
            throw .invalid(path, "cannot be opened: \(errorText(code))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, fileMode(status) == S_IFREG else {
            close(descriptor)
            throw .invalid(path, "not a regular file")
        }
        name = path
        byteCount = Int(status.st_size)
        modified = modificationTime(status)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Copies the bytes of `range` to `target`.
    public func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(ReadError) {
        try checkRange(range, target)
        guard let base = target.baseAddress else { return }
        var done = 0
        while done < range.count {
            let count = retrying {
                pread(descriptor, base + done, range.count - done, range.lowerBound + done)
            }
            guard count >= 0 else { throw .invalid(name, "reading failed: \(errorText(errno))") }
            guard count > 0 else {
                throw .invalid(
                    name,
                    "became shorter while it was read: \(byteCount) bytes at first, "
                        + "now \(range.lowerBound + done)")
            }
            done += count
        }
        // A file that is written anew while it is read would give a model that never was.
        var status = stat()
        guard fstat(descriptor, &status) == 0, modificationTime(status) == modified,
            Int(status.st_size) == byteCount
        else { throw .invalid(name, "was changed while it was read; start again when it is complete") }
    }
}
