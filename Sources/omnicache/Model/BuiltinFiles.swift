import BuiltinModel
import Files

/// The files of the model inside the program.
func builtinModelFiles() -> EmbeddedTree {
    EmbeddedTree(
        name: "built-in model", count: builtinModelFileCount(), path: builtinModelFilePath,
        address: builtinModelFileAddress, byteCount: builtinModelFileByteCount)
}
