import Checkpoints
import Evaluation
import Files
import Foundation
import ImageOutput
import Tensors

/// A file of Tests/Goldens/evaluation.
func evaluationGolden(_ name: String, path: String = #filePath) -> URL {
    let tests = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
    return tests.appendingPathComponent("Goldens/evaluation/\(name)")
}

/// A JSON file of Tests/Goldens/evaluation, decoded.
func evaluationGolden<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: evaluationGolden(name)))
}

/// A folder in memory.
struct MemoryTree: FileTree {
    let name = "folder"
    var files: [String: [UInt8]]

    func contains(_ path: String) -> Bool { files[path] != nil }
    func list(_ folder: String) -> [String] { folder.isEmpty ? files.keys.sorted() : [] }
    func open(_ path: String) throws(ReadError) -> any ByteSource {
        guard let bytes = files[path] else { throw ReadError(.missingFile, "\(path): no such file") }
        return MemorySource(name: "folder/\(path)", bytes)
    }

    /// The golden classifier's folder, its tensors in f32, after `edit` has changed those of `file`.
    static func classifier(
        editing file: String, _ edit: (inout [String: Tensor]) -> Void
    ) throws -> MemoryTree {
        var tree = MemoryTree(files: [:])
        for name in ["classifier.safetensors", "classifier-statistics.safetensors"] {
            let source = try FileSource(evaluationGolden("classifier/\(name)").path)
            let archive = try WeightArchive(source)
            var tensors: [String: Tensor] = [:]
            for tensor in archive.names {
                tensors[tensor] = try archive.read(tensor, shape: try archive.shape(of: tensor))
            }
            if name == file { edit(&tensors) }
            let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
            defer { try? FileManager.default.removeItem(atPath: path) }
            try writeSafetensors(tensors.map { ($0.key, $0.value) }, metadata: [:], to: path)
            tree.files[name] = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        }
        return tree
    }
}

/// A picture that depends on its sizes and `seed` alone.
func picture(_ width: Int, _ height: Int, seed: Int = 0) -> RGBImage {
    let pixels = (0..<3 * width * height).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 40_503 >> 5) }
    return RGBImage(width: width, height: height, pixels: pixels)
}
