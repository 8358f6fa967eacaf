import Checkpoints
import Files
import Foundation

/// Which jobs of a job file are done, in a file beside their pictures that only grows.
///
/// Its first line says which run it is, each other one a job whose picture is whole on the disk.
final class JobJournal {
    /// The lines of the job file that are done.
    private(set) var done: Set<Int> = []
    private let file: LineFile

    private struct Entry: Codable {
        let line: Int
        let output: String
    }

    /// Checks that a folder holds this run's journal or none, as far as the run is known.
    /// - Throws: `ReadError`, `UsageError` for another run's.
    static func check(_ folder: String, _ identity: RunIdentity) throws {
        _ = try read(path(folder), identity)
    }

    /// Goes on with a folder's journal, or begins one.
    /// - Throws: what `check` throws, and `WriteError`.
    init(_ folder: String, _ identity: RunIdentity) throws {
        let path = Self.path(folder)
        let entries = try Self.read(path, identity)
        file = try LineFile(path)
        guard let entries else {
            try file.append([UInt8](try JSONEncoder().encode(identity)))
            return
        }
        // A picture that somebody has removed since is drawn again.
        let tree = DirectoryTree(folder)
        done = Set(entries.filter { tree.contains($0.output) }.map(\.line))
    }

    /// Notes a job whose picture is written.
    /// - Throws: `WriteError`.
    func add(line: Int, output: String) throws {
        try file.append([UInt8](try JSONEncoder().encode(Entry(line: line, output: output))))
        done.insert(line)
    }

    /// The journal of a folder.
    static func path(_ folder: String) -> String { DirectoryTree(folder).name + "/journal.jsonl" }

    private static func read(_ path: String, _ identity: RunIdentity) throws -> [Entry]? {
        guard let lines = try LineFile.lines(of: path), let first = lines.first else { return nil }
        func decoded<Value: Decodable>(_ line: [UInt8], _ number: Int) throws -> Value {
            do { return try JSONDecoder().decode(Value.self, from: Data(line)) } catch {
                throw ReadError(
                    .invalid, "\(path):\(number): is no line of a journal; remove the file to begin anew")
            }
        }
        let kept: RunIdentity = try decoded(first, 1)
        if let (name, own, other) = identity.difference(from: kept) {
            throw ReadError(
                .invalid,
                "\(path): belongs to another run: its \(name) is \(other), this one's \(own); name another "
                    + "--output, or remove the file to begin anew")
        }
        return try lines.dropFirst().enumerated().map { try decoded($1, $0 + 2) }
    }
}
