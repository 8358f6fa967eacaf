import Files
import Platform

/// A folder that keeps the weights which a rank was given, so that its next start needs none.
///
/// It is a model folder of the rank's share: configurations, and its tensors in safetensors files. It counts
/// once `share.json` is there, which is written last, and only its owner can write or read it.
public struct WeightCache: Sendable {
    /// Where it is: named after the model, and after the tensors.
    public let folder: String
    private let share: WeightShare
    private let outline: ModelOutline

    static let manifest = "share.json"
    static let transformerFile = "transformer/diffusion_pytorch_model.safetensors"
    static let autoencoderFile = "vae/diffusion_pytorch_model.safetensors"

    /// The cache of a share in the given folder, whether it is there or not.
    public init(_ directory: String, _ share: WeightShare, of outline: ModelOutline) {
        var model = ContentHash()
        model.add(outline.identity)
        var tensors = ContentHash()
        for name in share.request.transformer + ["/"] + share.request.autoencoder { tensors.add(name + "\n") }
        folder = "\(directory)/\(model.hexadecimal)-\(tensors.hexadecimal)"
        self.share = share
        self.outline = outline
    }

    /// The weights that are kept; nil if there are none.
    /// - Throws: `.invalid` for a folder that others may have written to, or that holds anything else.
    public func open() throws(ReadError) -> CachedWeights? {
        guard access("\(folder)/\(Self.manifest)", F_OK) == 0 else { return nil }
        try requirePrivate()
        do throws(ReadError) {
            let weights = WeightArchives(
                transformer: try archive(Self.transformerFile, share.transformer),
                autoencoder: try archive(Self.autoencoderFile, share.autoencoder))
            return CachedWeights(folder: folder, weights: weights, hashes: try hashes())
        } catch {
            throw damaged(folder, error.description)
        }
    }

    /// Begins to write it.
    /// - Throws: `WriteError`, or `.invalid` for a folder that others may write to.
    public func begin() throws -> Writer {
        for part in ["transformer", "vae", "scheduler"] {
            try WholeFile.makeFolder("\(folder)/\(part)", mode: 0o700)
        }
        try requirePrivate()
        return try Writer(self)
    }

    private func archive(
        _ file: String, _ items: [WeightShare.Item]
    ) throws(ReadError) -> WeightArchive {
        guard !items.isEmpty else { return WeightArchive(name: folder, tensors: [:]) }
        let archive = try WeightArchive(try FileSource("\(folder)/\(file)"))
        for item in items {
            let found = try archive.tensor(item.name)
            guard found.type == item.stored.type, found.shape == item.stored.shape else {
                throw .invalid(archive.name, "tensor \(item.name) is of another format or shape")
            }
        }
        return archive
    }

    private func hashes() throws(ReadError) -> [String: String] {
        let name = "\(folder)/\(Self.manifest)"
        let document = try JSONValue(try FileSource(name).bytes(atMost: 16 << 20), file: name)
        guard case .object(let entries) = document, entries["formatVersion"] == 1,
            case .object(let values)? = entries["hashes"]
        else { throw .invalid(name, "expected an object with formatVersion 1 and hashes") }
        var hashes: [String: String] = [:]
        for (tensor, value) in values {
            guard case .string(let hash) = value else {
                throw .invalid(name, "the hash of \(tensor) is \(value.summary)")
            }
            hashes[tensor] = hash
        }
        return hashes
    }

    /// Refuses a folder that another user could have filled.
    private func requirePrivate() throws(ReadError) {
        var status = stat()
        guard lstat(folder, &status) == 0, fileMode(status) == S_IFDIR, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0
        else {
            throw .invalid(
                folder, "expected a folder that is yours and closed to others; name another --weights-cache")
        }
    }

    /// Writes a share as it arrives.
    public final class Writer {
        private let cache: WeightCache
        private var transformer: OutputFile
        private var autoencoder: OutputFile
        private var position = 0

        fileprivate init(_ cache: WeightCache) throws(WriteError) {
            self.cache = cache
            transformer = try Self.begin(cache.folder + "/" + transformerFile, cache.share.transformer)
            autoencoder = try Self.begin(cache.folder + "/" + autoencoderFile, cache.share.autoencoder)
        }

        private static func begin(
            _ path: String, _ items: [WeightShare.Item]
        ) throws(WriteError) -> OutputFile {
            let file = try OutputFile(path)
            let entries = items.map { ($0.name, $0.stored.type, $0.stored.shape, $0.place.count) }
            try WholeFile.append(safetensorsHeader(entries, metadata: [:]), to: file)
            return file
        }

        /// Takes the bytes of the share that come next.
        func append(_ bytes: UnsafeRawBufferPointer) throws(WriteError) {
            let middle = cache.share.transformer.last?.place.upperBound ?? 0
            let count = min(max(0, middle - position), bytes.count)
            try transformer.append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            try autoencoder.append(UnsafeRawBufferPointer(rebasing: bytes[count...]))
            position += bytes.count
        }

        /// Makes the folder count, when all of the share has been appended and read.
        /// - Parameter weights: what has read it, whose hashes are kept.
        /// - Throws: when something cannot be written.
        public func commit(_ weights: WeightArchives) throws(WriteError) {
            precondition(
                position == cache.share.byteCount,
                "WeightCache: \(position) bytes of \(cache.share.byteCount)")
            try transformer.commit()
            try autoencoder.commit()
            for (path, bytes) in cache.outline.configurations {
                try WholeFile.write(bytes, to: "\(cache.folder)/\(path)")
            }
            let hashes = tensorHashes(weights).sorted { $0.key < $1.key }
                .map { "    \(quotedJSON($0.key)): \(quotedJSON($0.value))" }
            let text =
                "{\n  \"formatVersion\": 1,\n  \"hashes\": {\n\(hashes.joined(separator: ",\n"))\n  }\n}\n"
            try WholeFile.write(Array(text.utf8), to: "\(cache.folder)/\(manifest)")
        }
    }
}

/// What a cache holds.
public struct CachedWeights: Sendable {
    /// The cache.
    public let folder: String
    /// To be read in place of the model's own.
    public let weights: WeightArchives
    fileprivate let hashes: [String: String]

    /// Compares the numbers, when all of them have been read, with those that were given.
    /// - Throws: `.invalid` where they differ.
    public func check() throws(ReadError) {
        let found = tensorHashes(weights)
        guard let tensor = hashes.keys.sorted().first(where: { found[$0] != hashes[$0] }) else { return }
        throw damaged(folder, "the numbers of \(tensor) are not those that rank 0 gave")
    }
}

/// The hash of each tensor that has been read, by its part's folder and name.
private func tensorHashes(_ weights: WeightArchives) -> [String: String] {
    var hashes: [String: String] = [:]
    for (part, archive) in [("transformer", weights.transformer), ("vae", weights.autoencoder)] {
        for (name, value) in archive.contentHashes {
            var hash = ContentHash()
            hash.add(value)
            hashes["\(part)/\(name)"] = hash.hexadecimal
        }
    }
    return hashes
}

private func damaged(_ folder: String, _ problem: String) -> ReadError {
    .invalid(
        folder, "damaged weights cache: \(problem); remove this folder, and rank 0 gives the weights again")
}
