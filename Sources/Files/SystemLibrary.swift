import Platform

/// Calls `body` again while a signal interrupts it.
func retrying<Result: SignedInteger>(_ body: () -> Result) -> Result {
    while true {
        let result = body()
        if result != -1 || errno != EINTR { return result }
    }
}

/// Opens a file; it does not outlive an `exec`, and is made with what the user's mask leaves of the mode.
func openFile(_ path: String, _ flags: Int32, mode: mode_t = 0o666) -> Int32 {
    retrying { open(path, flags | O_CLOEXEC, mode) }
}

/// The mode of files that only their owner reads.
let privateMode: mode_t = 0o600

/// What the system says of `code`, in words.
// Safe: strerror's text is copied at once, and GNU's and musl's are constants for known codes.
func errorText(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
}

package func fileMode(_ status: stat) -> mode_t { status.st_mode & S_IFMT }

/// The path of what is at `path`, without links; nil if nothing is.
// Safe: `realpath` returns memory of its own, freed here.
func realPath(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
}

/// Why nothing is at `path`, if that is a symbolic link on the way there that leads nowhere.
func absence(of path: String) -> String? {
    for end in path.indices.dropFirst().filter({ path[$0] == "/" }) + [path.endIndex] {
        let place = String(path[..<end])
        var status = stat()
        guard lstat(place, &status) == 0, fileMode(status) == S_IFLNK, access(place, F_OK) != 0 else {
            continue
        }
        return
            "\(place == path ? "" : "\(place) is ")a symbolic link to \(linkTarget(place)), where nothing is; "
            + "fetch the folder again, or copy it with what its links lead to (cp -rL)"
    }
    return nil
}

// Safe: `readlink` writes no more than it is told, and no more than it says is read.
private func linkTarget(_ path: String) -> String {
    var text = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &text, text.count)
    return String(decoding: text.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The folder that a path is in.
func folderName(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// Puts the names in a folder on the disk; a file system that cannot do that alone does it in its own time.
/// - Returns: the code of a failure, or 0.
func syncFolder(_ path: String) -> Int32 {
    let folder = openFile(path, O_RDONLY | O_DIRECTORY)
    guard folder >= 0 else { return 0 }
    defer { close(folder) }
    guard retrying({ fsync(folder) }) != 0 else { return 0 }
    return [EINVAL, ENOTSUP, EROFS].contains(errno) ? 0 : errno
}
