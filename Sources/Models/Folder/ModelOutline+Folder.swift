public import Checkpoints
public import Files

extension ModelOutline {
    /// The outline of the model in a folder.
    /// - Parameter whole: further files to keep whole, where the folder has them.
    /// - Throws: what opening it throws.
    public init(_ files: any FileTree, whole: [String]) throws(ReadError) {
        try self.init(files, whole: whole) { (tree) throws(ReadError) in
            try ModelFolder(tree).fingerprint
        }
    }
}
