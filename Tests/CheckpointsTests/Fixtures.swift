import Files
import Foundation

/// A folder of files in memory.
struct MemoryTree: FileTree {
    let name = "memory"
    var files: [String: [UInt8]]

    func contains(_ path: String) -> Bool { files.keys.contains { $0 == path || $0.hasPrefix(path + "/") } }

    func list(_ folder: String) -> [String] {
        files.keys.filter { $0.hasPrefix(folder + "/") }.map { String($0.dropFirst(folder.count + 1)) }
            .sorted()
    }

    func open(_ path: String) throws(ReadError) -> any ByteSource {
        guard let contents = files[path] else {
            throw ReadError(.missingFile, "memory/\(path): no such file")
        }
        return MemorySource(name: "memory/\(path)", contents)
    }
}

/// The bytes of a safetensors file with the given header and data.
func safetensors(_ header: String, _ data: [UInt8]) -> [UInt8] {
    let json = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) } + json + data
}

func littleEndian<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
    numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
}

let goldens = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Goldens/checkpoints").path

struct Goldens: Decodable {
    struct Values: Decodable {
        var shape: [Int]
        var values: [Float]
    }
    struct Probe: Decodable {
        var part: String
        var shape: [Int]
        var first: [Float]
        var last: Float
        var sum: Double
        var squares: Double
    }
    var shards: [String: Values]
    var builtin: [String: Probe]

    static func load() throws -> Goldens {
        let data = try Data(contentsOf: URL(fileURLWithPath: goldens + "/goldens.json"))
        return try JSONDecoder().decode(Goldens.self, from: data)
    }
}
