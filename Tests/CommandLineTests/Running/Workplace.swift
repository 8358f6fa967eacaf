import Foundation
import Testing

/// A temporary folder with a place to run in, a place for the program's cache, and what a test puts there.
final class Workplace: Sendable {
    let root: String
    /// Where commands run.
    var folder: String { root + "/place" }
    /// `XDG_CACHE_HOME` of commands.
    var cache: String { root + "/cache" }

    init() throws {
        root = FileManager.default.temporaryDirectory.path + "/omnicache-tests-" + UUID().uuidString
        for folder in [folder, cache] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// A path in the folder that commands run in.
    func path(_ name: String) -> String { folder + "/" + name }

    /// Runs `omnicache` with the given arguments, under mpirun if there are to be several ranks.
    func omnicache(
        _ arguments: [String], ranks: Int = 1, environment extra: [String: String] = [:],
        interruption: Interruption? = nil
    ) async throws -> Outcome {
        var environment = Program.environment
        environment["XDG_CACHE_HOME"] = cache
        environment.merge(extra) { $1 }
        let launcher = ranks == 1 ? [] : ["mpirun", "-np", "\(ranks)", "--oversubscribe"]
        return try await start(
            launcher + [Program.path] + arguments, in: folder, environment: environment,
            interruption: interruption)
    }

    /// All files and folders where commands run, hidden ones too, in alphabetic order.
    func listing(_ name: String = "") -> [String] {
        FileManager.default.enumerator(atPath: path(name))?.compactMap { $0 as? String }.sorted() ?? []
    }

    /// The contents of a file where commands run.
    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    /// Makes a folder that another run has taken, until the descriptor is closed.
    func lock(_ folder: String) throws -> Int32 {
        try FileManager.default.createDirectory(atPath: path(folder), withIntermediateDirectories: true)
        let lock = open(path(folder + "/.omnicache.lock"), O_CREAT | O_RDWR, 0o600)
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        try write("process 12 on host-3", to: folder + "/.omnicache.lock")
        return lock
    }

    /// Writes a file where commands run.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    }
}

/// Checks that a command refused its input: status, one message with the telling parts, no output.
func expectRefusal(
    _ outcome: Outcome, status: Int32, saying parts: [String], place: Workplace, leaving files: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
    for part in parts {
        #expect(
            outcome.errorCount(of: part) == 1, "'\(part)' in: \(outcome.errors)",
            sourceLocation: sourceLocation)
    }
    #expect(
        outcome.errorCount(of: "omnicache: error: ") == 1, "\(outcome.errors)",
        sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    #expect(place.listing() == files, sourceLocation: sourceLocation)
}
