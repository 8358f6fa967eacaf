import Platform

/// A file that is being written and does not exist under its name before `commit`.
///
/// Linux makes a file without any name (`O_TMPFILE`), which vanishes with the process, whatever ends it.
/// Where the file system cannot do that, a hidden file beside the target stands in; a kill may leave it.
package struct OutputFile: ~Copyable {
    private let path: String
    /// `path`, or the file that it is a symbolic link to: a link is written through and not replaced.
    private let target: String
    private let descriptor: Int32
    /// The name that the bytes have so far; nil while they have none.
    private var temporary: String?
    /// Whether the target is a device or pipe, which is written to and never replaced.
    private let isDirect: Bool

    /// Begins a file that will be at `path`; without `nameless` as on a file system that has no such files.
    /// - Parameters:
    ///   - place: where it will be, if `path` is only what messages call it.
    ///   - isPrivate: whether only its owner may read it.
    package init(
        _ path: String, at place: String? = nil, nameless: Bool = true, isPrivate: Bool = false
    ) throws(WriteError) {
        let target = realPath(place ?? path) ?? place ?? path
        let opened = try Self.open(
            path, target, nameless: nameless, mode: isPrivate ? privateMode : 0o666)
        self.path = path
        self.target = target
        descriptor = opened.descriptor
        temporary = opened.temporary
        isDirect = opened.isDirect
    }

    private static func open(
        _ path: String, _ target: String, nameless: Bool, mode: mode_t
    ) throws(WriteError) -> (descriptor: Int32, temporary: String?, isDirect: Bool) {
        if let mode = try Self.mode(path, target) {
            guard mode != S_IFDIR else { throw WriteError(path, EISDIR) }
            if mode != S_IFREG {
                let device = openFile(target, O_WRONLY)
                guard device >= 0 else { throw WriteError(path, errno) }
                return (device, nil, true)
            }
        }
        // A nameless file gets its name by way of /proc, which is not mounted everywhere.
        if nameless && access("/proc/self/fd", F_OK) == 0 {
            let file = openFile(folderName(of: target), namelessFile | O_WRONLY, mode: mode)
            if file >= 0 { return (file, nil, false) }
            // What kernels and file systems answer that have no nameless files.
            guard [EOPNOTSUPP, EISDIR, EINVAL].contains(errno) else { throw WriteError(path, errno) }
        }
        let hidden = hiddenName(beside: target)
        let file = openFile(hidden, O_CREAT | O_EXCL | O_WRONLY, mode: mode)
        guard file >= 0 else {
            let code = errno
            // So /proc answers, whose folders are there and take no files.
            let isRefused = code == ENOENT && access(folderName(of: target), F_OK) == 0
            throw WriteError(path, isRefused ? EOPNOTSUPP : code)
        }
        return (file, hidden, false)
    }

    /// What kind of file is at `target`; nil if none is.
    /// - Throws: `WriteError` where none can be: a nameless file would only be refused its name at the end.
    private static func mode(_ path: String, _ target: String) throws(WriteError) -> mode_t? {
        var status = stat()
        if stat(target, &status) == 0 { return fileMode(status) }
        guard errno != ENAMETOOLONG else { throw WriteError(path, ENAMETOOLONG) }
        return nil
    }

    /// Finds out whether a file could be written.
    ///
    /// A pipe is not opened: its reader would see an end, and be gone when the bytes come.
    /// - Throws: what beginning a file would.
    static func check(_ path: String) throws(WriteError) {
        let target = realPath(path) ?? path
        if try mode(path, target) == S_IFIFO {
            guard access(target, W_OK) == 0 else { throw WriteError(path, errno) }
            return
        }
        _ = try OutputFile(path)
    }

    deinit {
        close(descriptor)
        if let temporary { unlink(temporary) }
    }

    /// Appends bytes.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(WriteError) {
        guard let base = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = retrying { write(descriptor, base + done, bytes.count - done) }
            guard count >= 0 else { throw WriteError(path, errno) }
            done += count
        }
    }

    /// Gives the file its name, replacing another of that name at once.
    package mutating func commit() throws(WriteError) {
        if isDirect { return }
        guard retrying({ fsync(descriptor) }) == 0 else { throw WriteError(path, errno) }
        if temporary == nil {
            if link(to: target) == 0 { return }
            guard errno == EEXIST else { throw WriteError(path, errno) }
            let hidden = Self.hiddenName(beside: target)
            guard link(to: hidden) == 0 else { throw WriteError(path, errno) }
            temporary = hidden
        }
        guard let hidden = temporary else { return }
        guard rename(hidden, target) == 0 else { throw WriteError(path, errno) }
        temporary = nil
    }

    private func link(to name: String) -> Int32 {
        linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW)
    }

    // Swift imports neither O_TMPFILE nor the __O_TMPFILE that it is made of.
    private static let namelessFile: Int32 = 0o20_000_000 | O_DIRECTORY

    private static func hiddenName(beside path: String) -> String {
        var name = path.split(separator: "/").last.map(String.init) ?? ""
        while name.utf8.count > 60 { name.removeLast() }
        return "\(folderName(of: path))/.\(name).\(UInt64.random(in: 0 ... .max)).partial"
    }
}
