import Files
import Foundation

/// A folder of files in memory.
struct MemoryTree: FileTable {
    let name = "memory"
    private(set) var files: [String: any ByteSource] = [:]

    init(files: [String: [UInt8]]) {
        for (path, contents) in files { write(contents, to: path) }
    }

    mutating func write(_ contents: [UInt8], to path: String) {
        files[path] = MemorySource(name: "\(name)/\(path)", contents)
    }
}

extension MemoryTree {
    /// A whole model of no tensors, whose configurations are those of the command line's tests.
    static let model = MemoryTree(
        files: [
            "model_index.json", "transformer/config.json", "vae/config.json",
            "scheduler/scheduler_config.json",
        ]
        .reduce(into: [:]) { $0[$1] = golden("commandline/model/" + $1) }
        .merging(["transformer", "vae"].map { ($0 + "/diffusion_pytorch_model.safetensors", noTensors) }) {
            $1
        })

    /// The two shards of the tests of checkpoints.
    static let shards = MemoryTree(
        files: [1, 2].map { "part/diffusion_pytorch_model-0000\($0)-of-00002.safetensors" }
            .reduce(into: [:]) { $0[$1] = golden("checkpoints/shards/" + $1) })

    private static let noTensors: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)

    private static func golden(_ path: String) -> [UInt8] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        guard let data = FileManager.default.contents(atPath: tests.path + "/Goldens/" + path) else {
            preconditionFailure("there is no Goldens/\(path) where this was built")
        }
        return [UInt8](data)
    }
}
