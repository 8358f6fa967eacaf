/// Files that appear whole or not at all, even if the process is killed meanwhile.
public enum WholeFile {
    /// Writes a file, replacing another of that name.
    ///
    /// A device or pipe is written to as it is.
    /// - Parameters:
    ///   - bytes: its contents.
    ///   - path: where; the folder must exist.
    /// - Throws: when the disk is full, the folder is missing or cannot be written.
    public static func write(_ bytes: [UInt8], to path: String) throws(WriteError) {
        var file = try OutputFile(path)
        try append(bytes, to: file)
        try file.commit()
    }

    static func append(_ bytes: [UInt8], to file: borrowing OutputFile) throws(WriteError) {
        let failure = bytes.withUnsafeBytes { buffer -> WriteError? in
            do throws(WriteError) { try file.append(buffer) } catch { return error }
            return nil
        }
        if let failure { throw failure }
    }
}
