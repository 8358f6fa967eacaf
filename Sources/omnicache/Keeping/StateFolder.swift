import CachePlanning
import Checkpoints
import Files
import Foundation
import Models
import Sampling
import Tensors

/// The folder of `--checkpoint` and `--resume` on rank 0: which run it is, and for each image the state before its next
/// computed step, or its final latent.
///
/// Each file is replaced whole, so that it is sound whatever ends the run, and holds together with no other.
final class StateFolder {
    /// Computed steps from one saving to the next.
    let every: Int
    let path: String
    private let resumes: Bool
    private var runHash = ""
    private var lock: FolderLock?

    private struct Header: Codable {
        var formatVersion = 1
        var every: Int
        var identity: RunIdentity
    }

    /// Takes the folder; nil if there is to be none.
    /// - Throws: `UsageError` for a folder in use that is not resumed, `ReadError` for one that holds no run or
    ///   another, as far as the run is known, `WriteError`.
    init?(_ options: KeepingOptions, _ identity: RunIdentity, _ session: RankSession) throws {
        guard let folder = options.folder else { return nil }
        path = folder
        resumes = options.resume != nil
        if resumes {
            let header = try Self.header(folder)
            try Self.require(identity, header, folder)
            every = options.every ?? header.every
        } else {
            guard !DirectoryTree(folder).contains(Self.headerFile) else {
                throw UsageError(
                    "--checkpoint \(folder): holds a run already: go on with it by --resume, or name another folder"
                )
            }
            every = options.every ?? 10
            try WholeFile.makeFolder(folder)
        }
        lock = try session.lock(folder)
    }

    /// Begins to write, now that all of the run is known.
    /// - Throws: `ReadError` if the folder holds another run, `WriteError`.
    func begin(_ identity: RunIdentity) throws {
        runHash = try identity.hash
        if resumes { return try Self.require(identity, Self.header(path), path) }
        let header = try JSONEncoder().encode(Header(every: every, identity: identity))
        try WholeFile.write([UInt8](header), to: file(Self.headerFile), isPrivate: true)
    }

    /// Lets the folder go.
    func leave() { lock = nil }

    /// Images by the step that they go on from, those nearest to their end first; at last those to begin.
    /// - Throws: `ReadError` for a state that is damaged or of another run.
    func portions(
        of alike: AlikeImages, _ run: RunDescription, _ model: any DenoiserConfiguration
    ) throws -> [AlikeImages] {
        guard resumes else { return [alike] }
        var steps: [Int: Int] = [:]
        for (place, number) in alike.numbers.enumerated() {
            guard let (step, tensors) = try state(number, run) else { continue }
            let expected =
                run.steps == step
                ? ["latent": model.latents.extents]
                : try TrajectoryLayout(run, model, before: step).parts.reduce(into: [:]) {
                    $0[$1.name] = $1.shape
                }
            guard tensors.mapValues(\.shape) == expected else {
                throw ReadError(
                    .invalid,
                    "\(file(number)): expected \(expected.sorted { $0.key < $1.key }), found other tensors")
            }
            steps[place] = step
        }
        let places = Dictionary(grouping: alike.numbers.indices) { steps[$0] ?? 0 }
        return places.sorted { $0.key > $1.key }.map { step, places in
            var portion = AlikeImages(settings: alike.settings)
            portion.images = places.map { alike.images[$0] }
            portion.numbers = places.map { alike.numbers[$0] }
            portion.firstStep = step
            return portion
        }
    }

    /// The state of an image: the step before which it is, and its tensors; nil if none was saved.
    /// - Throws: `ReadError`.
    func state(_ number: Int, _ run: RunDescription) throws -> (step: Int, tensors: [String: Tensor])? {
        guard DirectoryTree(path).contains(Self.name(number)) else { return nil }
        let kept = try CheckedTensors(file(number))
        for (key, own) in [("run", runHash), ("plan", run.plan.hash), ("image", "\(number)")] {
            guard kept.metadata[key] == own else {
                throw ReadError(
                    .invalid,
                    "\(file(number)): belongs to another run: its \(key) is \(kept.metadata[key] ?? "missing"), this "
                        + "one's \(own)")
            }
        }
        guard let step = kept.metadata["step"].flatMap({ Int($0) }), step > 0,
            step == run.steps || run.plan.travellingSteps.contains(step)
        else {
            throw ReadError(.invalid, "\(file(number)): was saved before no computed step of this run")
        }
        return (step, kept.tensors)
    }

    /// Saves an image before a step; before the one behind the last it is finished.
    /// - Parameter picture: its file, where it has been written to one of its own.
    /// - Throws: `WriteError`.
    func save(
        _ number: Int, before step: Int, _ tensors: [String: Tensor], _ run: RunDescription,
        picture: String? = nil
    ) throws(WriteError) {
        var metadata = [
            "software": software, "run": runHash, "plan": run.plan.hash, "image": "\(number)",
            "step": "\(step)",
        ]
        if let picture { metadata["picture"] = Self.absolute(picture) }
        try CheckedTensors.write(tensors, metadata: metadata, to: file(number))
    }

    /// Whether a finished image's picture has been written to a file, which is still there.
    /// - Throws: `ReadError`.
    func hasPicture(_ number: Int, at picture: String?) throws(ReadError) -> Bool {
        guard let picture, FileManager.default.fileExists(atPath: picture) else { return false }
        return try CheckedTensors(file(number)).metadata["picture"] == Self.absolute(picture)
    }

    /// Forgets an image that is done.
    func remove(_ number: Int) { try? FileManager.default.removeItem(atPath: file(number)) }

    /// Whether a path names a file that a folder of states has, or may have.
    static func owns(_ path: String, in folder: String) -> Bool {
        let place = ContainedPath.place(of: path)
        let root = ContainedPath.place(of: folder) + "/"
        guard place.hasPrefix(root) else { return false }
        let name = place.dropFirst(root.count)
        return name == headerFile || (name.hasPrefix("image-") && name.hasSuffix(".safetensors"))
    }

    private static let headerFile = "run.json"
    private static func name(_ number: Int) -> String { "image-\(number).safetensors" }
    private func file(_ name: String) -> String { DirectoryTree(path).name + "/" + name }
    private func file(_ number: Int) -> String { file(Self.name(number)) }

    private static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }

    private static func header(_ folder: String) throws -> Header {
        let tree = DirectoryTree(folder)
        let bytes = try tree.open(headerFile).bytes(atMost: 1 << 24)
        do { return try JSONDecoder().decode(Header.self, from: Data(bytes)) } catch {
            throw ReadError(
                .invalid, "\(tree.name)/\(headerFile): does not say which run was saved here")
        }
    }

    private static func require(_ identity: RunIdentity, _ header: Header, _ folder: String)
        throws(ReadError)
    {
        guard let (name, own, other) = identity.difference(from: header.identity) else { return }
        throw ReadError(
            .invalid, "\(folder): holds the state of another run: its \(name) is \(other), this one's \(own)")
    }
}
