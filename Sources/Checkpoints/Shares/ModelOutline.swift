import Files
import FoundationEssentials
import Synchronization

/// A model's configurations and the headers of its weights, to be opened where its files are not.
public struct ModelOutline: Codable, Sendable {
    /// A file, and as much of its beginning as opening the model reads.
    struct File: Codable, Sendable {
        var byteCount: Int
        var head: Data
    }

    /// What messages call the model.
    public let name: String
    /// Tells this model from others, also from one that was written later over the same files.
    public let identity: UInt64
    let files: [String: File]

    /// The outline of the model in a folder.
    /// - Parameters:
    ///   - whole: further files to keep whole, where the folder has them.
    ///   - open: opens the model, so that it is seen what that reads; returns what tells it from others.
    /// - Throws: what opening it throws.
    public init(
        _ files: any FileTree, whole: [String], open: (any FileTree) throws(ReadError) -> UInt64
    ) throws(ReadError) {
        let tree = RecordingTree(files)
        var hash = ContentHash()
        hash.add(try open(tree))
        var heads: [String: File] = [:]
        for (path, end) in tree.ends.sorted(by: { $0.key < $1.key }) {
            let source = try files.open(path)
            heads[path] = File(byteCount: source.byteCount, head: Data(try source.bytes(0..<end)))
            hash.add("\(path) \(source.byteCount) \(source.modified)\n")
        }
        for path in whole where files.contains(path) {
            let bytes = try files.open(path).bytes(atMost: 1 << 30)
            heads[path] = File(byteCount: bytes.count, head: Data(bytes))
        }
        name = files.name
        identity = hash.value
        self.files = heads
    }

    /// The same as a folder, in which nothing can be read that is not here.
    public var tree: any FileTree { OutlineTree(self) }

    /// The configurations: files that are here whole, and describe no shards.
    var configurations: [(path: String, bytes: [UInt8])] {
        files.filter { $0.value.head.count == $0.value.byteCount && $0.key.hasSuffix(".json") }
            .filter { !$0.key.contains(".safetensors.") }
            .map { ($0.key, Array($0.value.head)) }
    }
}

/// The folder that an outline describes.
private struct OutlineTree: FileTable {
    let name: String
    let files: [String: any ByteSource]

    init(_ outline: ModelOutline) {
        name = outline.name
        files = outline.files.reduce(into: [:]) { files, file in
            files[file.key] = OutlineSource(
                name: "\(outline.name)/\(file.key)", byteCount: file.value.byteCount, head: file.value.head)
        }
    }

    func open(_ path: String) throws(ReadError) -> any ByteSource {
        guard let file = files[path] else {
            throw ReadError(.missingFile, "\(fullName(path)) of rank 0: no such file")
        }
        return file
    }
}

/// A file of which only the beginning is here.
private struct OutlineSource: ByteSource {
    let name: String
    let byteCount: Int
    let head: Data

    func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(ReadError) {
        try checkRange(range, target)
        guard range.upperBound <= head.count else {
            throw .invalid(name, "bytes \(range) are on rank 0 alone")
        }
        head.copyBytes(
            to: target, from: head.startIndex + range.lowerBound..<head.startIndex + range.upperBound)
    }
}

/// A folder that notes how far each of its files was read.
private final class RecordingTree: FileTree {
    private let base: any FileTree
    private let reads = Mutex<[String: Int]>([:])

    init(_ base: any FileTree) { self.base = base }

    var name: String { base.name }
    var ends: [String: Int] { reads.withLock { $0 } }

    func contains(_ path: String) -> Bool { base.contains(path) }
    func list(_ folder: String) -> [String] { base.list(folder) }

    func open(_ path: String) throws(ReadError) -> any ByteSource {
        RecordingSource(base: try base.open(path), path: path, tree: self)
    }

    func note(_ path: String, _ end: Int) {
        reads.withLock { $0[path] = max(end, $0[path] ?? 0) }
    }
}

private struct RecordingSource: ByteSource {
    let base: any ByteSource
    let path: String
    let tree: RecordingTree
    var name: String { base.name }
    var byteCount: Int { base.byteCount }

    func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(ReadError) {
        tree.note(path, range.upperBound)
        try base.read(range, into: target)
    }
}
