import Files
import Tensors

/// Writes tensors to a safetensors file, each in its own format, whole or not at all.
/// - Parameters:
///   - tensors: names, all different, and tensors.
///   - metadata: texts for the file's `__metadata__`.
///   - path: where; the folder must exist.
///   - isPrivate: whether only its owner may read it.
/// - Throws: when the file cannot be written.
public func writeSafetensors(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String], to path: String,
    isPrivate: Bool = false
) throws(WriteError) {
    precondition(
        Set(tensors.map(\.name)).count == tensors.count && !tensors.contains { $0.name == "__metadata__" },
        "writeSafetensors: names \(tensors.map(\.name))")
    // Wider elements first, so that each tensor's bytes are aligned to its elements.
    let ordered = tensors.sorted { $0.tensor.elementType.byteCount > $1.tensor.elementType.byteCount }

    let header = safetensorsHeader(
        ordered.map { ($0.name, StorageType($0.tensor.elementType), $0.tensor.shape, $0.tensor.byteCount) },
        metadata: metadata)
    var file = try OutputFile(path, isPrivate: isPrivate)
    try WholeFile.append(header, to: file)
    for (_, tensor) in ordered { try append(tensor, to: file) }
    try file.commit()
}

/// The head of a safetensors file, its length in front, for tensors whose bytes follow in this order.
package func safetensorsHeader(
    _ tensors: [(name: String, type: StorageType, shape: [Int], byteCount: Int)], metadata: [String: String]
) -> [UInt8] {
    var fields: [String] = []
    if !metadata.isEmpty {
        let texts = metadata.sorted { $0.key < $1.key }
            .map { quotedJSON($0.key) + ":" + quotedJSON($0.value) }
        fields.append("\"__metadata__\":{" + texts.joined(separator: ",") + "}")
    }
    var offset = 0
    for (name, type, shape, byteCount) in tensors {
        let extents = shape.map(String.init).joined(separator: ",")
        let end = offset + byteCount
        fields.append(
            quotedJSON(name)
                + ":{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(extents)],\"data_offsets\":[\(offset),\(end)]}"
        )
        offset = end
    }
    var header = Array(("{" + fields.joined(separator: ",") + "}").utf8)
    header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
}

// Safe: the view's bounds were checked when it was made, and its storage outlives the call.
private func append(_ tensor: Tensor, to file: borrowing OutputFile) throws(WriteError) {
    let part = tensor.byteOffset..<tensor.byteOffset + tensor.byteCount
    let failure = tensor.storage.withUnsafeMutableBytes { bytes -> WriteError? in
        do throws(WriteError) { try file.append(UnsafeRawBufferPointer(rebasing: bytes[part])) } catch {
            return error
        }
        return nil
    }
    if let failure { throw failure }
}
