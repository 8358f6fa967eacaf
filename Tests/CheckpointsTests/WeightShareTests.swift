import Files
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// A rank's tensors as pieces, and what becomes of them on the other side.
@Suite(.serialized) struct WeightShareTests {
    private static let path = goldens + "/../commandline/model"
    private let folder: ModelFolder
    private let outline: ModelOutline

    init() throws {
        folder = try ModelFolder(DirectoryTree(Self.path))
        outline = try ModelOutline(DirectoryTree(Self.path), whole: [])
    }

    private let request = WeightRequest(
        transformer: ["proj_out_2.weight", "pos_embed.proj.bias", "transformer_blocks.1.ff.net.2.weight"],
        autoencoder: ["decoder.conv_in.weight"])

    /// The pieces of a share in their order, each spoilt as told.
    private func pieces(
        _ share: WeightShare, spoil: @escaping (Int, AlignedBytes) -> Void = { _, _ in }
    ) -> () throws -> AlignedBytes {
        var next = 0
        return {
            let message = AlignedBytes(byteCount: share.messageByteCount(of: next))
            try share.read(next, into: message)
            spoil(next, message)
            next += 1
            return message
        }
    }

    private func numbers(_ weights: WeightArchives) throws -> [[Float]] {
        try request.transformer.map { name in
            try weights.transformer.read(name, shape: folder.transformerWeights.shape(of: name)).values
        }
            + request.autoencoder.map { name in
                try weights.autoencoder.read(name, shape: folder.autoencoderWeights.shape(of: name)).values
            }
    }

    @Test("An outline opens as the same model, and holds no numbers")
    func outlineOpens() throws {
        let coded = try JSONDecoder().decode(ModelOutline.self, from: JSONEncoder().encode(outline))
        let far = try ModelFolder(coded.tree)
        #expect(far.fingerprint == folder.fingerprint)
        #expect(far.transformerWeights.names == folder.transformerWeights.names)
        let error = #expect(throws: ReadError.self) { try numbers(far.weights) }
        #expect(error?.description.contains("are on rank 0 alone") == true)
    }

    @Test("Further files are in an outline whole, where they are there")
    func outlineHoldsFurtherFiles() throws {
        let path = "scheduler/scheduler_config.json"
        let outline = try ModelOutline(DirectoryTree(Self.path), whole: [path, "no such file"])
        #expect(try outline.tree.bytes(of: path) == DirectoryTree(Self.path).bytes(of: path))
        #expect(!outline.tree.contains("no such file"))
    }

    @Test("What arrives is what was read, whatever the pieces", arguments: [1, 7, 256, 1 << 20])
    func arrives(pieceByteCount: Int) throws {
        let share = try WeightShare(request, of: folder.weights, pieceByteCount: pieceByteCount)
        #expect(share.pieceCount == (share.byteCount + pieceByteCount - 1) / pieceByteCount)
        let far = try WeightShare(
            request, of: ModelFolder(outline.tree).weights, pieceByteCount: pieceByteCount)
        let weights = far.archives(over: DeliveredWeights(far, cache: nil, next: pieces(share)))
        #expect(try numbers(weights) == numbers(folder.weights))
        #expect(
            weights.transformer.contentHashes.allSatisfy {
                $0.value == folder.transformerWeights.contentHashes[$0.key]
            })
    }

    @Test("A piece that is not what was sent is refused")
    func spoiltPiece() throws {
        let share = try WeightShare(request, of: folder.weights, pieceByteCount: 256)
        let delivered = DeliveredWeights(
            share, cache: nil,
            next: pieces(share) { piece, message in
                guard piece == 1 else { return }
                message.withUnsafeMutableBytes { $0[100] ^= 4 }
            })
        let error = #expect(throws: ReadError.self) { try numbers(share.archives(over: delivered)) }
        #expect(error?.description.contains("piece 1 did not arrive as it was sent") == true)
    }

    @Test("A request for what the model has not is refused")
    func unknownTensor() throws {
        #expect(throws: ReadError.self) {
            try WeightShare(WeightRequest(transformer: ["x"], autoencoder: []), of: folder.weights)
        }
    }

    // MARK: The cache

    private func fill(_ cache: WeightCache, _ share: WeightShare, commits: Bool = true) throws {
        let writer = try cache.begin()
        let weights = share.archives(over: DeliveredWeights(share, cache: writer, next: pieces(share)))
        _ = try numbers(weights)
        if commits { try writer.commit(weights) }
    }

    @Test("A cache gives the same numbers, is its owner's alone, and is a folder of safetensors")
    func cacheKeeps() throws {
        let place = try TemporaryFolder()
        let share = try WeightShare(request, of: folder.weights, pieceByteCount: 300)
        let cache = WeightCache(place.path + "/new", share, of: outline)
        #expect(try cache.open() == nil)
        try fill(cache, share)
        let cached = try #require(try cache.open())
        #expect(try numbers(cached.weights) == numbers(folder.weights))
        try cached.check()
        let mode = try FileManager.default.attributesOfItem(atPath: cache.folder)[.posixPermissions] as? Int
        #expect(mode == 0o700)
        let inside = DirectoryTree(cache.folder)
        #expect(try WeightArchive(inside, folder: "transformer").names == request.transformer.sorted())
        #expect(try DiTConfiguration(diffusers: inside, "transformer/config.json") == folder.transformer)
    }

    @Test("A cache that was not finished does not count, and is written anew")
    func unfinishedCache() throws {
        let place = try TemporaryFolder()
        let share = try WeightShare(request, of: folder.weights)
        let cache = WeightCache(place.path, share, of: outline)
        try fill(cache, share, commits: false)
        #expect(try cache.open() == nil)
        try fill(cache, share)
        #expect(try cache.open() != nil)
    }

    @Test("Another share and another model have other caches")
    func cachesAreNamedByWhatTheyHold() throws {
        let share = try WeightShare(request, of: folder.weights)
        let other = try WeightShare(
            WeightRequest(transformer: ["proj_out_2.weight"], autoencoder: []), of: folder.weights)
        let place = try TemporaryFolder()
        let copy = place.path + "/model"
        try FileManager.default.copyItem(atPath: Self.path, toPath: copy)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)],
            ofItemAtPath: copy + "/transformer/diffusion_pytorch_model.safetensors")
        let later = try ModelOutline(DirectoryTree(copy), whole: [])
        let folders = [(share, outline), (other, outline), (share, later)].map {
            WeightCache("c", $0, of: $1).folder
        }
        #expect(Set(folders).count == 3)
    }

    @Test(
        "A damaged cache is refused by name",
        arguments: ["altered", "truncated", "manifest", "missing", "open to others"])
    func damagedCache(_ damage: String) throws {
        let place = try TemporaryFolder()
        let share = try WeightShare(request, of: folder.weights)
        let cache = WeightCache(place.path, share, of: outline)
        try fill(cache, share)
        let file = cache.folder + "/" + WeightCache.transformerFile
        var bytes = try Data(contentsOf: URL(filePath: file))
        switch damage {
        case "altered": bytes[bytes.count - 1] ^= 1
        case "truncated": bytes.removeLast(3)
        case "manifest":
            try Data("{}".utf8).write(to: URL(filePath: cache.folder + "/" + WeightCache.manifest))
        case "missing": try FileManager.default.removeItem(atPath: file)
        default:
            try FileManager.default.setAttributes([.posixPermissions: 0o770], ofItemAtPath: cache.folder)
        }
        if damage == "altered" || damage == "truncated" { try bytes.write(to: URL(filePath: file)) }
        let error = #expect(throws: ReadError.self) {
            let cached = try #require(try cache.open())
            _ = try numbers(cached.weights)
            try cached.check()
        }
        #expect(error?.description.hasPrefix(cache.folder + ": ") == true)
        #expect(
            error?.description.contains(
                damage == "open to others" ? "closed to others" : "remove this folder") == true)
    }
}
