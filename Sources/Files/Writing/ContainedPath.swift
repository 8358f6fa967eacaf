import Platform

/// The place of a file below a folder, as an input names it that may be hostile.
public struct ContainedPath: Sendable, Equatable {
    /// The folders and the file, each a plain name.
    public let names: [String]

    /// What is wrong with the path of a file that shall stay below its folder; nil if nothing is.
    public static func problem(with path: String) -> String? {
        if path.hasPrefix("/") { return "is an absolute path; name it from the folder of --output on" }
        if path.utf8.contains(0) { return "holds a zero byte" }
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        if names.contains("..") { return "leaves the folder by '..'" }
        if names.contains(where: { $0.isEmpty || $0 == "." }) { return "has an empty name or '.' in it" }
        if names.contains(where: { $0.hasPrefix(".") }) { return "names a hidden file or folder" }
        if let long = names.map(\.utf8.count).max(), long > NAME_MAX {
            return
                "has a name of \(long) bytes in it, where a file system takes \(NAME_MAX); choose a shorter one"
        }
        return nil
    }

    /// - Precondition: nothing is wrong with the path.
    public init(_ path: String) {
        precondition(Self.problem(with: path) == nil, "ContainedPath: \(path)")
        names = path.split(separator: "/").map(String.init)
    }

    /// The path from the folder on.
    public var text: String { names.joined(separator: "/") }

    /// Where a path leads, as far as it is there: of two names of one place the same.
    public static func place(of path: String) -> String {
        var place = path.hasPrefix("/") ? "/" : realPath(".") ?? "/"
        for name in path.split(separator: "/") where name != "." {
            let next = (place == "/" ? "" : place) + "/" + name
            place = name == ".." ? folderName(of: place) : realPath(next) ?? next
        }
        return place
    }

    /// Checks that no link leads out of a folder on the way to the file; what is not there yet leads nowhere.
    /// - Throws: `WriteError`.
    public func check(in folder: String) throws(WriteError) {
        let start = DirectoryTree(folder).name
        let length = "\(start)/\(text)".utf8.count
        guard length < PATH_MAX else {
            throw WriteError(
                description:
                    "\(text.prefix(60))...: cannot be written: with \(start)/ a path of \(length) bytes, where the "
                    + "system takes \(PATH_MAX - 1); choose a shorter one")
        }
        guard let root = realPath(start) else { return }
        for count in 1...names.count {
            let place = start + "/" + names.prefix(count).joined(separator: "/")
            if let real = realPath(place) {
                guard real.hasPrefix(root == "/" ? "/" : root + "/") else {
                    throw WriteError(
                        description: "\(place): cannot be written: a link there leads out of \(folder)")
                }
                continue
            }
            var status = stat()
            guard lstat(place, &status) != 0 else {
                throw WriteError(description: "\(place): cannot be written: a link there leads nowhere")
            }
            return
        }
    }

    /// Makes the folders that the file lies in.
    /// - Returns: the file's path.
    /// - Throws: `WriteError`, also if a link leads out of the folder.
    public func prepare(in folder: String) throws(WriteError) -> String {
        try check(in: folder)
        let start = DirectoryTree(folder).name
        try WholeFile.makeFolder(([start] + names.dropLast()).joined(separator: "/"))
        return start + "/" + text
    }
}
