import Files
import Foundation

/// The ways that the search of an evaluation has found so far, each a file of its folder, so that a second start does
/// not search again.
struct KeptWays {
    private let folder: String

    private static let place = "state/ways"

    /// Begins an evaluation in a folder, or goes on with it.
    /// - Parameter identity: all of it that is known before the search.
    /// - Throws: `UsageError` for another evaluation's folder, `ReadError` for one that cannot be read,
    ///   `WriteError`.
    init(_ folder: String, _ identity: RunIdentity) throws {
        try EvaluationState.begin(folder, identity)
        self.folder = DirectoryTree(folder).name
        try WholeFile.makeFolder(self.folder + "/" + Self.place)
    }

    /// What was found under a key, or what is found now, and kept.
    /// - Parameter key: the name of a file.
    /// - Throws: `ReadError` for a file that cannot be read, `WriteError`, what the search throws.
    func recalled<Found: Codable>(_ key: String, _ find: () throws -> Found) throws -> Found {
        let tree = DirectoryTree(folder)
        let file = "\(Self.place)/\(key).json"
        if tree.contains(file) { return try EvaluationState.read(tree, file) }
        let found = try find()
        try WholeFile.write([UInt8](try JSONEncoder().encode(found)), to: folder + "/" + file)
        return found
    }
}
