import Files
import Foundation
import ImageOutput

/// What an evaluation has found so far, in a folder that a second start of the same evaluation goes on from.
///
/// `state/evaluation.json` says which evaluation it is. Each chunk of images is one more file of measures, written
/// whole after the pictures that belong to it, so that an end at any time costs one chunk.
struct EvaluationState {
    private let folder: String
    private let side: Int
    private let request: EvaluationRequest
    private let features: Int?
    /// What was found, by way and image.
    private(set) var drawn: [String: [Int: DrawnImage]] = [:]
    private var chunkCount = 0

    private static let identityFile = "state/evaluation.json"
    private static let chunkFolder = "state/measures"

    /// Checks that a folder holds this evaluation or none, as far as it is known.
    /// - Throws: `UsageError` for another evaluation's folder, `ReadError` for one that cannot be read.
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
    /// - Parameters:
    ///   - side: of a picture, in pixels.
    ///   - features: numbers that the classifier makes of a picture; nil where nothing is judged.
    /// - Throws: what `check` throws, `ReadError` for a file that cannot be of this evaluation, and `WriteError`.
    init(
        _ folder: String, _ identity: RunIdentity, _ request: EvaluationRequest, side: Int, features: Int?
    ) throws {
        self.folder = folder
        self.side = side
        self.request = request
        self.features = features
        try Self.check(folder, identity)
        let tree = DirectoryTree(folder)
        try WholeFile.makeFolder(tree.name + "/" + Self.chunkFolder)
        try WholeFile.write([UInt8](try JSONEncoder().encode(identity)), to: path(Self.identityFile))
        for file in tree.list(Self.chunkFolder) where file.hasSuffix(".json") {
            let images: [String: [DrawnImage]] = try Self.read(tree, Self.chunkFolder + "/" + file)
            for image in images.values.joined() { try require(image, of: Self.chunkFolder + "/" + file) }
            take(images)
        }
    }

    /// Keeps a picture of a chunk.
    /// - Throws: `WriteError`.
    func keep(_ key: String, _ image: Int, _ pixels: [UInt8]) throws {
        try WholeFile.makeFolder(path("state/pictures/" + key))
        try WholeFile.write(pixels, to: path(Self.pictureFile(key, image)))
    }

    /// Keeps what was found of a chunk, by way, when its pictures are kept.
    /// - Throws: `WriteError`.
    mutating func add(_ images: [String: [DrawnImage]]) throws {
        // A file's number is its place; names come from the folder, which may hold any.
        while DirectoryTree(folder).contains(Self.chunkFile(chunkCount)) { chunkCount += 1 }
        try WholeFile.write(
            [UInt8](try JSONEncoder.exact.encode(images)), to: path(Self.chunkFile(chunkCount)))
        take(images)
    }

    /// A picture that was kept; nil if it was not.
    /// - Throws: `ReadError` if it cannot be read.
    func picture(_ way: SamplingWay, _ image: Int) throws(ReadError) -> RGBImage? {
        let tree = DirectoryTree(folder)
        let file = Self.pictureFile(way.key, image)
        guard tree.contains(file) else { return nil }
        let pixels = try tree.open(file).bytes(atMost: 3 * side * side)
        guard pixels.count == 3 * side * side else {
            throw ReadError(
                .invalid,
                "\(path(file)): expected \(3 * side * side) bytes, found \(pixels.count); remove "
                    + "\(path("state")) to begin anew")
        }
        return RGBImage(width: side, height: side, pixels: pixels)
    }

    /// A picture that must have been kept.
    /// - Throws: `ReadError` if it is not there or cannot be read.
    func keptPicture(_ way: SamplingWay, _ image: Int) throws(ReadError) -> RGBImage {
        if let picture = try picture(way, image) { return picture }
        throw ReadError(
            .missingFile,
            "\(path(Self.pictureFile(way.key, image))): is missing; remove \(path("state")) to begin anew")
    }

    private mutating func take(_ images: [String: [DrawnImage]]) {
        for (key, images) in images {
            for image in images { drawn[key, default: [:]][image.image] = image }
        }
    }

    private func require(_ image: DrawnImage, of file: String) throws(ReadError) {
        let contradiction = image.contradiction(
            images: request.images.count, steps: request.sampler.steps, features: features)
        guard let contradiction else { return }
        throw ReadError(
            .invalid,
            "\(path(file)): holds no state of this evaluation: \(contradiction); remove \(path("state")) to begin "
                + "anew")
    }

    private func path(_ file: String) -> String { DirectoryTree(folder).name + "/" + file }

    private static func chunkFile(_ number: Int) -> String { "\(chunkFolder)/\(number).json" }

    private static func pictureFile(_ key: String, _ image: Int) -> String {
        "state/pictures/\(key)/\(image).rgb"
    }

    /// Reads a file of an evaluation's folder.
    /// - Throws: `ReadError` naming it.
    static func read<Value: Decodable>(_ tree: DirectoryTree, _ file: String) throws -> Value {
        do {
            let bytes = try tree.open(file).bytes(atMost: 1 << 30)
            return try JSONDecoder.exact.decode(Value.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw ReadError(
                .invalid,
                "\(tree.name)/\(file): holds no state of an evaluation (\(error)); remove \(tree.name)/state to "
                    + "begin anew")
        }
    }
}

/// What one rank found of a chunk of images.
struct EvaluatedChunk {
    /// By way.
    var images: [String: [DrawnImage]] = [:]
    /// Pixels, [H, W, 3], by way and image.
    var pictures: [String: [Int: Data]] = [:]
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
