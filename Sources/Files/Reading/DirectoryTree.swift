import Platform

/// A folder on disk.
public struct DirectoryTree: FileTree {
    /// What messages call it.
    public let name: String

    /// The folder at `path`; whether it is there shows when a file is opened.
    public init(_ path: String) {
        var path = path.isEmpty ? "." : path
        while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
        name = path
    }

    /// Whether there is a file or folder of this path.
    public func contains(_ path: String) -> Bool { access(fullName(path), F_OK) == 0 }

    /// The names in a folder in alphabetic order.
    public func list(_ folder: String) -> [String] {
        // Safe: an entry is copied before the next `readdir`, and the stream is this function's own.
        guard let stream = opendir(fullName(folder)) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        // Safe: `readdir`'s entry is copied before the next call, and the stream is this function's own.
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Opens a file.
    public func open(_ path: String) throws(ReadError) -> any ByteSource {
        do throws(ReadError) {
            return try FileSource(fullName(path))
        } catch {
            guard error.kind == .missingFile && !contains("") else { throw error }
            throw ReadError(.missingFile, "\(name): \(absence(of: name) ?? "no such folder")")
        }
    }
}
