import Platform

/// Keeps a folder for one process: a hidden file in it, locked (`flock`) and with the holder's name.
///
/// The kernel ends the lock with the process, whatever ends that; the file goes with the lock, or stays behind and
/// holds nothing.
public final class FolderLock {
    private let path: String
    private let descriptor: Int32
    /// Whether the file system has locks; where it has none, nothing is kept from anybody.
    public let isHeld: Bool

    /// The name of the hidden file.
    public static let fileName = ".omnicache.lock"

    /// Takes a folder.
    /// - Parameter holder: this process, in words.
    /// - Throws: `WriteError` if another process holds it, named, or no file can be made there.
    public init(_ folder: String, holder: String) throws(WriteError) {
        path = DirectoryTree(folder).name + "/" + Self.fileName
        while true {
            let file = openFile(path, O_CREAT | O_RDWR | O_NOFOLLOW, mode: privateMode)
            guard file >= 0 else { throw WriteError(folder, errno) }
            if retrying({ flock(file, LOCK_EX | LOCK_NB) }) != 0 {
                let code = errno
                guard code != EWOULDBLOCK else {
                    let other = Self.text(of: file)
                    close(file)
                    throw WriteError(lockedFolder: folder, by: other)
                }
                // Lustre and others may have no locks.
                (descriptor, isHeld) = (file, false)
                return
            }
            // The one before may have removed the file between the two calls.
            guard Self.isNamed(path, file) else {
                close(file)
                continue
            }
            (descriptor, isHeld) = (file, true)
            // The name is a courtesy: a full disk shall not be found here.
            _ = ftruncate(file, 0)
            let bytes = Array(holder.utf8)
            _ = pwrite(file, bytes, bytes.count, 0)
            return
        }
    }

    deinit {
        if isHeld { unlink(path) }
        close(descriptor)
    }

    private static func isNamed(_ path: String, _ file: Int32) -> Bool {
        var (named, open) = (stat(), stat())
        return lstat(path, &named) == 0 && fstat(file, &open) == 0 && named.st_ino == open.st_ino
            && named.st_dev == open.st_dev
    }

    private static func text(of file: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 300)
        let count = pread(file, &bytes, bytes.count, 0)
        let text = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        return text.isEmpty ? "another process" : text.filter { !$0.isNewline }
    }
}

extension WriteError {
    fileprivate init(lockedFolder folder: String, by holder: String) {
        self.init(description: "\(folder): \(holder) writes there; wait for it, or name another folder")
    }
}
