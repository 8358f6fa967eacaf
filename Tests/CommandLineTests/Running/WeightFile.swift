import Foundation
import TestSupport

/// A safetensors file in parts, which need not fit together when it is written again.
struct WeightFile {
    struct Tensor: Codable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [Int]
    }

    var tensors: [String: Tensor] = [:]
    var data = Data()

    init(_ file: Data) throws {
        let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        var header = try JSONSerialization.jsonObject(with: file[8..<8 + length]) as? [String: Any] ?? [:]
        header["__metadata__"] = nil
        tensors = try JSONDecoder().decode(
            [String: Tensor].self, from: JSONSerialization.data(withJSONObject: header))
        data = Data(file[(8 + length)...])
    }

    /// A file of the tensor `latents`.
    init(latents values: [Float], shape: [Int]) throws {
        let bytes = values.flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
        }
        append("latents", Tensor(dtype: "F32", shape: shape, data_offsets: []), Data(bytes))
    }

    /// The tensor names in the order of their bytes.
    var ordered: [String] {
        tensors.sorted { $0.value.data_offsets[0] < $1.value.data_offsets[0] }.map(\.key)
    }

    /// Some tensors alone, their bytes one after another.
    func subset(_ names: [String]) -> WeightFile {
        var part = self
        part.tensors = [:]
        part.data = Data()
        for name in names { part.append(name, tensors[name], bytes(of: name)) }
        return part
    }

    /// A tensor's bytes.
    func bytes(of name: String) -> Data {
        guard let tensor = tensors[name] else { return Data() }
        return data.subdata(in: tensor.data_offsets[0]..<tensor.data_offsets[1])
    }

    /// Adds a tensor behind the others.
    mutating func append(_ name: String, _ like: Tensor?, _ bytes: Data) {
        var tensor = like ?? Tensor(dtype: "F32", shape: [bytes.count / 4], data_offsets: [])
        tensor.data_offsets = [data.count, data.count + bytes.count]
        tensors[name] = tensor
        data += bytes
    }

    /// Changes a tensor's entry.
    mutating func edit(_ name: String, _ body: (inout Tensor) -> Void) throws {
        guard var tensor = tensors[name] else { throw CheckFailure("the tiny model has no \(name)") }
        body(&tensor)
        tensors[name] = tensor
    }

    /// The file's bytes.
    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let header = try encoder.encode(tensors)
        let length = Data((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) })
        return length + header + data
    }
}
