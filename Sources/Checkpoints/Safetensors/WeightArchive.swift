import Files
import Synchronization

/// The tensors of one part of a model: those of one safetensors file, or of several with an index.
///
/// Opening it reads headers only. Several threads may read at once.
public final class WeightArchive: Sendable {
    /// A tensor and the file that holds it.
    struct StoredTensor: Sendable {
        let file: any ByteSource
        let type: StorageType
        let shape: [Int]
        let bytes: Range<Int>
    }

    /// What messages call it: the path of its file or index.
    public let name: String
    /// The names of all tensors in alphabetic order, old names of diffusers replaced by today's.
    public let names: [String]
    /// A hash of all tensors' names, formats, shapes and places; it changes with the layout, not the numbers.
    public let headerHash: UInt64

    /// What the files' writer noted; of several that note the same, the last.
    public let metadata: [String: String]

    let tensors: [String: StoredTensor]
    let hashes = Mutex<[String: UInt64]>([:])

    /// The tensors of one safetensors file.
    /// - Throws: `.invalid` if it is not one.
    public convenience init(_ file: any ByteSource) throws(ReadError) {
        try self.init(name: file.name, files: [file])
    }

    /// The tensors of several files, no two of one name.
    convenience init(name: String, files: [any ByteSource]) throws(ReadError) {
        var tensors: [String: StoredTensor] = [:]
        var metadata: [String: String] = [:]
        for file in files {
            let header = try SafetensorsHeader(of: file)
            metadata.merge(header.metadata) { $1 }
            for entry in header.entries {
                let tensorName = currentName(of: entry.name)
                let tensor = StoredTensor(
                    file: file, type: entry.type, shape: entry.shape, bytes: entry.bytes)
                if let other = tensors.updateValue(tensor, forKey: tensorName) {
                    throw .invalid(
                        file.name, "tensor \(tensorName) is also in \(other.file.name), or there twice")
                }
            }
        }
        self.init(name: name, tensors: tensors, metadata: metadata)
    }

    /// The given tensors.
    init(name: String, tensors: [String: StoredTensor], metadata: [String: String] = [:]) {
        self.name = name
        self.metadata = metadata
        self.tensors = tensors
        names = tensors.keys.sorted()
        var hash = ContentHash()
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let place = "\(tensor.bytes.lowerBound) \(tensor.bytes.upperBound)"
            hash.add("\(name) \(tensor.type.rawValue) \(tensor.shape) \(place)\n")
        }
        headerHash = hash.value
    }

    /// The hash of the stored bytes of each tensor that has been read so far.
    ///
    /// Two tensors of one format have equal numbers exactly if their hashes are equal (but for collisions).
    /// Ranks that each read a part of the model can merge theirs into that of the whole.
    public var contentHashes: [String: UInt64] { hashes.withLock { $0 } }

    /// Whether a tensor may be read more than once.
    public var canBeReadAgain: Bool { tensors.values.allSatisfy(\.file.canBeReadAgain) }

    /// The stored shape of a tensor.
    /// - Throws: `.invalid` if there is none of this name.
    public func shape(of name: String) throws(ReadError) -> [Int] { try tensor(name).shape }

    func tensor(_ tensorName: String) throws(ReadError) -> StoredTensor {
        guard let tensor = tensors[tensorName] else {
            throw .invalid(name, "tensor \(tensorName) is missing; does config.json belong to these weights?")
        }
        return tensor
    }
}

/// Whether two shapes are the same up to a 1×1 kernel: [C, C, 1, 1] for [C, C] and the reverse, which
/// diffusers has written at different times for one layer.
func sameLayer(_ a: [Int], _ b: [Int]) -> Bool {
    a == b || a == b + [1, 1] || a + [1, 1] == b
}
