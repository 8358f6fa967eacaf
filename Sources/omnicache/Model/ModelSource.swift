import Files

/// Where the model comes from, and what it brings with it.
struct ModelSource {
    let files: any FileTree
    let isBuiltin: Bool

    /// The folder at `path`, or the model inside the program.
    init(path: String?) {
        isBuiltin = path == nil
        files = path.map { DirectoryTree($0) } ?? builtinModelFiles()
    }

    /// A model of other files.
    init(_ files: any FileTree) {
        isBuiltin = false
        self.files = files
    }
}
