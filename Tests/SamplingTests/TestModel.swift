import BuiltinModel
import Engines
import Files
import Foundation
import Models
import Sampling
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// A model to sample: one that Tests/Goldens/sampling/make.py has made, or the one in the binary.
struct TestModel: Sendable {
    /// 5 blocks of width 12, 9 tokens, latents [2, 6, 6], pictures of twice their side.
    static let plain = "plain"
    /// 4 blocks of width 8, 9 tokens, latents [1, 6, 6], the variance learned, pictures of the same side.
    static let learnedSigma = "learned-sigma"

    static let tree = DirectoryTree(
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Goldens/sampling").path)

    let configuration: any DenoiserConfiguration
    let autoencoder: AutoencoderConfiguration
    let weights: WeightArchive
    let decoderWeights: WeightArchive
    var engine = EngineCase(choice: .auto, precision: .f32)
    var threads = 1

    /// The model in the binary: 12 blocks of width 192, 64 tokens.
    static func builtin() throws -> TestModel {
        let folder = try builtinFolder()
        return TestModel(folder, folder.weights)
    }

    /// 5 blocks of width 20, each of the last two reading what one of the first two has left; 16 + 2 tokens, latents
    /// [4, 8, 8], pictures of twice their side.
    static func uvit() throws -> TestModel {
        let folder = try uvitFolder()
        return TestModel(folder, folder.weights)
    }

    /// As Tests/Goldens/models/make_uvit.py has made it.
    static func uvitFolder() throws -> ModelFolder {
        try ModelFolder(DirectoryTree(tree.name + "/uvit"))
    }

    static func builtinFolder() throws -> ModelFolder {
        try ModelFolder(
            EmbeddedTree(
                name: "built-in", count: builtinModelFileCount(), path: builtinModelFilePath,
                address: builtinModelFileAddress, byteCount: builtinModelFileByteCount))
    }

    /// - Parameter weights: what is read in place of the folder's own.
    init(_ folder: ModelFolder, _ weights: WeightArchives) {
        self.init(
            configuration: folder.denoiser, autoencoder: folder.autoencoder,
            weights: weights.transformer, decoderWeights: weights.autoencoder)
    }

    private init(
        configuration: any DenoiserConfiguration, autoencoder: AutoencoderConfiguration,
        weights: WeightArchive, decoderWeights: WeightArchive
    ) {
        self.configuration = configuration
        self.autoencoder = autoencoder
        self.weights = weights
        self.decoderWeights = decoderWeights
    }

    /// - Parameter edit: changes tensors of the transformer before they are read.
    init(_ folder: String = plain, editing edit: ((inout SafetensorsBytes) throws -> Void)? = nil) throws {
        configuration = try DiTConfiguration(diffusers: Self.tree, folder + "/transformer/config.json")
        autoencoder = try AutoencoderConfiguration(diffusers: Self.tree, folder + "/vae/config.json")
        decoderWeights = try WeightArchive(Self.tree, folder: folder + "/vae")
        guard let edit else {
            weights = try WeightArchive(Self.tree, folder: folder + "/transformer")
            return
        }
        let path = folder + "/transformer/diffusion_pytorch_model.safetensors"
        var file = try SafetensorsBytes(Self.tree.bytes(of: path))
        try edit(&file)
        weights = try WeightArchive(MemorySource(name: path, file.bytes))
    }

    /// A rank's part of it.
    /// - Parameters:
    ///   - betweenPieces: called between pieces of its blocks' work.
    ///   - whileDecoding: called between pieces of its decoder's.
    func stage(
        _ partition: Partition, rank: Int, betweenPieces: (@Sendable () -> Void)? = nil,
        whileDecoding: (@Sendable () -> Void)? = nil, afterEach: @escaping () -> Void = {}
    ) throws -> LoadedStage {
        let isTail = rank == partition.blockCounts.count - 1
        let engine = try engine.make(threads: threads, betweenPieces: betweenPieces)
        let decoding =
            engine.activationType == .f32 && whileDecoding == nil
            ? engine
            : try makeEngine(.auto, precision: .f32, threads: threads, betweenPieces: whileDecoding)
        return LoadedStage(
            denoiser: try configuration.denoiser(
                ModelShare(blocks: partition.blocks(of: rank), embeds: rank == 0 || isTail, predicts: isTail),
                weights, engine, afterEach: afterEach),
            engine: engine, autoencoder: autoencoder,
            decoder: try AutoencoderDecoder(
                autoencoder, weights: decoderWeights, engine: decoding, afterEach: afterEach))
    }
}

/// What multiplies.
struct EngineCase: Sendable, CustomTestStringConvertible {
    let choice: EngineChoice
    let precision: Precision

    /// Those that this build and CPU must have; bf16 is among them or not.
    static let available: [EngineCase] =
        [EngineCase(choice: .openblas, precision: .f32)]
        + (Machine.hasOneDNN ? [EngineCase(choice: .onednn, precision: .f32)] : [])
        + (Machine.hasBF16 ? [EngineCase(choice: .onednn, precision: .bf16)] : [])

    var testDescription: String { "\(choice) \(precision)" }

    func make(
        threads: Int, betweenPieces: (@Sendable () -> Void)? = nil
    ) throws(EngineError) -> any Engine {
        try makeEngine(choice, precision: precision, threads: threads, betweenPieces: betweenPieces)
    }
}

/// The bytes of a safetensors file of 16-bit numbers, to be changed tensor by tensor.
struct SafetensorsBytes {
    struct NoSuchTensor: Error { let name: String }

    private(set) var bytes: [UInt8]
    private let places: [String: Range<Int>]

    init(_ bytes: [UInt8]) throws {
        let headerEnd = 8 + bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<headerEnd]))
        var places: [String: Range<Int>] = [:]
        for (name, entry) in header as? [String: [String: Any]] ?? [:] {
            guard let offsets = entry["data_offsets"] as? [Int] else { continue }
            places[name] = headerEnd + offsets[0]..<headerEnd + offsets[1]
        }
        self.bytes = bytes
        self.places = places
    }

    var names: [String] { places.keys.sorted() }

    /// Overwrites numbers of a tensor with one: all, or those of the given places.
    mutating func fill(_ name: String, with number: UInt16, at indices: [Int]? = nil) throws {
        guard let place = places[name] else { throw NoSuchTensor(name: name) }
        for index in indices ?? Array(0..<place.count / 2) {
            bytes[place.lowerBound + 2 * index] = UInt8(number & 0xff)
            bytes[place.lowerBound + 2 * index + 1] = UInt8(number >> 8)
        }
    }
}
