import Foundation
import TestSupport

/// A file system of 64 kB in memory.
final class SmallDisk: Sendable {
    private let path: String
    /// Kept, as its folder can only be removed when the disk is gone.
    private let place: Workplace

    /// Mounts it at `disk` where commands run; nil where that is not allowed.
    init?(in place: Workplace) async throws {
        let path = place.path("disk")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        self.path = path
        self.place = place
        let mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", path]
        guard geteuid() == 0, try await Self.run(mount).status == 0 else { return nil }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    /// Leaves no free byte.
    func fill() throws {
        _ = FileManager.default.createFile(atPath: path + "/filler", contents: Data())
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/filler"))
        // The disk is full when no more can be written.
        while (try? file.write(contentsOf: Data(count: 4096))) != nil {}
        try file.close()
    }

    /// Whether this process may mount.
    static func isPossible() async throws -> Bool {
        let place = try Workplace()
        return try await SmallDisk(in: place) != nil
    }

    private static func run(_ command: [String]) async throws -> Outcome {
        try await start(command, in: "/", environment: ProcessInfo.processInfo.environment)
    }
}
