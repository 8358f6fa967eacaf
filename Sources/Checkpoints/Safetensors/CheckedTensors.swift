import Files
import Tensors

/// The tensors of a private safetensors file that tells whether it was altered: its metadata holds a checksum of all
/// tensors and of the rest of the metadata.
///
/// The checksum finds accidents; it protects against nobody.
public struct CheckedTensors {
    /// What the writer noted.
    public let metadata: [String: String]
    /// All tensors, f32, by name.
    public let tensors: [String: Tensor]

    private static let checksumKey = "checksum"

    /// Reads and checks a file.
    /// - Throws: `ReadError` naming what is wrong with it.
    public init(_ path: String) throws(ReadError) { try self.init(try FileSource(path)) }

    /// Reads and checks a file's bytes.
    /// - Throws: `ReadError` naming what is wrong with them.
    public init(_ file: any ByteSource) throws(ReadError) {
        let archive = try WeightArchive(file)
        let path = file.name
        var tensors: [String: Tensor] = [:]
        for name in archive.names { tensors[name] = try archive.read(name, shape: archive.shape(of: name)) }
        var metadata = archive.metadata
        guard let checksum = metadata.removeValue(forKey: Self.checksumKey) else {
            throw .invalid(path, "has no checksum: it is no saved state")
        }
        guard checksum == Self.checksum(tensors, metadata) else {
            throw .invalid(path, "does not fit its checksum: it was altered or damaged")
        }
        self.tensors = tensors
        self.metadata = metadata
    }

    /// Writes a file, whole or not at all.
    /// - Parameters:
    ///   - tensors: f32.
    ///   - path: where; the folder must exist.
    /// - Throws: when it cannot be written.
    public static func write(
        _ tensors: [String: Tensor], metadata: [String: String], to path: String
    ) throws(WriteError) {
        var metadata = metadata
        metadata[checksumKey] = checksum(tensors, metadata)
        let ordered = tensors.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) }
        try writeSafetensors(ordered, metadata: metadata, to: path, isPrivate: true)
    }

    private static func checksum(_ tensors: [String: Tensor], _ metadata: [String: String]) -> String {
        var hash = ContentHash()
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            hash.add("\(quotedJSON(key)) \(quotedJSON(value))\n")
        }
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            hash.add("\(quotedJSON(name)) \(tensor.shape)\n")
            // Safe: the view's bounds were checked when it was made, and its storage outlives the call.
            let part = tensor.byteOffset..<tensor.byteOffset + tensor.byteCount
            tensor.storage.withUnsafeMutableBytes {
                hash.add(UnsafeRawBufferPointer(rebasing: $0[part]))
            }
        }
        return hash.hexadecimal
    }
}
