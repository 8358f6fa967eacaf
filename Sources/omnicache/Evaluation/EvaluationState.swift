import Checkpoints
import Foundation
import ImageOutput

/// What an evaluation has found so far, in a folder that a second start of the same evaluation goes on from.
///
/// `state/evaluation.json` says which evaluation it is. Each chunk of images is one more file of measures, written
/// whole after the pictures that belong to it, so that an end at any time costs one chunk.
struct EvaluationState {
    private let folder: String
    private let side: Int
    /// What was found, by way and image.
    private(set) var drawn: [String: [Int: DrawnImage]] = [:]
    private var chunkCount = 0

    private static let identityFile = "state/evaluation.json"
    private static let chunkFolder = "state/measures"

    /// Checks that a folder holds this evaluation or none, as far as it is known.
    /// - Throws: `UsageError` for another evaluation's folder, `CheckpointError` for one that cannot be read.
    static func check(_ folder: String, _ identity: RunIdentity) throws {
        let tree = DirectoryTree(folder)
        guard tree.contains(identityFile) else { return }
        let kept: RunIdentity = try read(tree, identityFile)
        guard let (name, own, other) = identity.difference(from: kept) else { return }
        throw UsageError(
            "--output \(folder): holds another evaluation: its \(name) is \(other), this one's \(own); name "
                + "another folder, or remove \(tree.name)/state to begin anew")
    }

    /// Begins an evaluation in a folder that holds it already or none, as far as it is known.
    /// - Throws: what `check` throws, and `WriteError`.
    static func begin(_ folder: String, _ identity: RunIdentity) throws {
        try check(folder, identity)
        let tree = DirectoryTree(folder)
        guard !tree.contains(identityFile) else { return }
        try WholeFile.makeFolder(tree.name + "/state")
        try WholeFile.write([UInt8](try JSONEncoder().encode(identity)), to: tree.name + "/" + identityFile)
    }

    /// Goes on from what a folder holds, or begins.
    /// - Parameter side: of a picture, in pixels.
    /// - Throws: what `check` throws, and `WriteError`.
    init(_ folder: String, _ identity: RunIdentity, side: Int) throws {
        self.folder = folder
        self.side = side
        try Self.check(folder, identity)
        let tree = DirectoryTree(folder)
        try WholeFile.makeFolder(tree.name + "/" + Self.chunkFolder)
        try WholeFile.write([UInt8](try JSONEncoder().encode(identity)), to: path(Self.identityFile))
        for file in tree.list(Self.chunkFolder) where file.hasSuffix(".json") {
            take(try Self.read(tree, Self.chunkFolder + "/" + file))
        }
    }

    /// Keeps what was found of a chunk.
    /// - Throws: `WriteError`.
    mutating func add(_ chunk: EvaluatedChunk) throws {
        for (key, pictures) in chunk.pictures {
            try WholeFile.makeFolder(path("state/pictures/" + key))
            for (image, pixels) in pictures {
                try WholeFile.write([UInt8](pixels), to: path(Self.pictureFile(key, image)))
            }
        }
        // A file's number is its place; names come from the folder, which may hold any.
        while DirectoryTree(folder).contains(Self.chunkFile(chunkCount)) { chunkCount += 1 }
        try WholeFile.write(
            [UInt8](try JSONEncoder.exact.encode(chunk.images)), to: path(Self.chunkFile(chunkCount)))
        take(chunk.images)
    }

    /// A picture that was kept; nil if it was not.
    /// - Throws: `CheckpointError` if it cannot be read.
    func picture(_ way: SamplingWay, _ image: Int) throws(CheckpointError) -> RGBImage? {
        let tree = DirectoryTree(folder)
        let file = Self.pictureFile(way.key, image)
        guard tree.contains(file) else { return nil }
        let pixels = try tree.open(file).bytes(atMost: 3 * side * side)
        guard pixels.count == 3 * side * side else {
            throw CheckpointError(
                .invalid,
                "\(path(file)): expected \(3 * side * side) bytes, found \(pixels.count); remove "
                    + "\(path("state")) to begin anew")
        }
        return RGBImage(width: side, height: side, pixels: pixels)
    }

    /// A picture that must have been kept.
    /// - Throws: `CheckpointError` if it is not there or cannot be read.
    func keptPicture(_ way: SamplingWay, _ image: Int) throws(CheckpointError) -> RGBImage {
        if let picture = try picture(way, image) { return picture }
        throw CheckpointError(
            .missingFile,
            "\(path(Self.pictureFile(way.key, image))): is missing; remove \(path("state")) to begin anew")
    }

    private mutating func take(_ images: [String: [DrawnImage]]) {
        for (key, images) in images {
            for image in images { drawn[key, default: [:]][image.image] = image }
        }
    }

    private func path(_ file: String) -> String { DirectoryTree(folder).name + "/" + file }

    private static func chunkFile(_ number: Int) -> String { "\(chunkFolder)/\(number).json" }

    private static func pictureFile(_ key: String, _ image: Int) -> String {
        "state/pictures/\(key)/\(image).rgb"
    }

    /// Reads a file of an evaluation's folder.
    /// - Throws: `CheckpointError` naming it.
    static func read<Value: Decodable>(_ tree: DirectoryTree, _ file: String) throws -> Value {
        do {
            let bytes = try tree.open(file).bytes(atMost: 1 << 30)
            return try JSONDecoder.exact.decode(Value.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw CheckpointError(
                .invalid,
                "\(tree.name)/\(file): holds no state of an evaluation (\(error)); remove \(tree.name)/state to "
                    + "begin anew")
        }
    }
}

/// What one rank, or all of them, found of a chunk of images.
struct EvaluatedChunk: Codable, Sendable {
    /// By way.
    var images: [String: [DrawnImage]] = [:]
    /// Pixels, [H, W, 3], by way and image.
    var pictures: [String: [Int: Data]] = [:]

    /// Adds what another rank found.
    mutating func merge(_ other: EvaluatedChunk) {
        images.merge(other.images) { $0 + $1 }
        pictures.merge(other.pictures) { $0.merging($1) { first, _ in first } }
    }
}

extension JSONEncoder {
    /// Writes infinities and NaN as words.
    fileprivate static var exact: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }
}

extension JSONDecoder {
    fileprivate static var exact: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }
}
