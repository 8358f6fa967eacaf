import Platform

/// Files that appear whole or not at all, even if the process is killed meanwhile.
public enum WholeFile {
    /// Writes a file, replacing another of that name.
    ///
    /// A device or pipe is written to as it is.
    /// - Parameters:
    ///   - bytes: its contents.
    ///   - path: where; the folder must exist.
    ///   - isPrivate: whether only its owner may read it.
    /// - Throws: when the disk is full, the folder is missing or cannot be written.
    public static func write(
        _ bytes: [UInt8], to path: String, isPrivate: Bool = false
    ) throws(WriteError) {
        var file = try OutputFile(path, isPrivate: isPrivate)
        try append(bytes, to: file)
        try file.commit()
    }

    /// Writes a file in parts, none of which is kept in memory.
    ///
    /// Nothing is left behind if `body` throws, but for what a device or pipe has taken.
    /// - Parameters:
    ///   - path: where; the folder must exist.
    ///   - body: appends all parts, one after another.
    /// - Throws: what `write(_:to:)` throws and what `body` throws.
    public static func write(
        to path: String, parts body: (_ append: ([UInt8]) throws(WriteError) -> Void) throws -> Void
    ) throws {
        var file = try OutputFile(path)
        try body { (bytes) throws(WriteError) in try append(bytes, to: file) }
        try file.commit()
    }

    /// Finds out whether a file could be written, without leaving anything behind.
    /// - Throws: what `write` would.
    public static func check(_ path: String) throws(WriteError) { try OutputFile.check(path) }

    /// Finds out whether files could be written to a folder that is there or can be made, without leaving
    /// anything behind.
    /// - Throws: what `write` would.
    public static func checkFolder(_ path: String) throws(WriteError) {
        var parts = path.split(separator: "/")
        guard parts.allSatisfy({ $0.utf8.count <= NAME_MAX }), path.utf8.count < PATH_MAX else {
            throw WriteError(path, ENAMETOOLONG)
        }
        var nearest = path
        while access(nearest, F_OK) != 0, !parts.isEmpty {
            parts.removeLast()
            nearest = (path.hasPrefix("/") ? "/" : "./") + parts.joined(separator: "/")
        }
        _ = try OutputFile(path, at: nearest + "/.omnicache")
    }

    /// Makes a folder and those above it, where they are missing.
    /// - Parameter mode: who may use those that are made, less what the user's mask takes off.
    /// - Throws: when one cannot be made.
    public static func makeFolder(_ path: String, mode: UInt32 = 0o777) throws(WriteError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for name in path.split(separator: "/") {
            let parent = made.isEmpty ? "." : made
            made += name + "/"
            if mkdir(made, mode) == 0 {
                let code = syncFolder(parent)
                guard code == 0 else { throw WriteError(path, code) }
            } else if errno != EEXIST {
                throw WriteError(path, errno)
            }
        }
    }

    package static func append(_ bytes: [UInt8], to file: borrowing OutputFile) throws(WriteError) {
        let failure = bytes.withUnsafeBytes { buffer -> WriteError? in
            do throws(WriteError) { try file.append(buffer) } catch { return error }
            return nil
        }
        if let failure { throw failure }
    }
}
