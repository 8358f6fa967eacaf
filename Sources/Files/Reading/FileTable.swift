/// A folder whose files are known by their paths, wherever their bytes are.
public protocol FileTable: FileTree {
    /// The files by their paths in this folder.
    var files: [String: any ByteSource] { get }
}

extension FileTable {
    /// Whether there is a file or folder of this path.
    public func contains(_ path: String) -> Bool {
        path.isEmpty || files.keys.contains { $0 == path || $0.hasPrefix(path + "/") }
    }

    /// The names in a folder in alphabetic order.
    public func list(_ folder: String) -> [String] {
        let prefix = folder.isEmpty ? "" : folder + "/"
        let names = files.keys.filter { $0.hasPrefix(prefix) }
            .compactMap { $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init) }
        return Set(names).sorted()
    }

    /// Opens a file.
    public func open(_ path: String) throws(ReadError) -> any ByteSource {
        guard let file = files[path] else {
            throw ReadError(.missingFile, "\(fullName(path)): no such file")
        }
        return file
    }
}
