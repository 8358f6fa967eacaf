import FoundationEssentials

/// A folder on disk that is removed with its last reference.
public final class TemporaryFolder {
    /// Where it is.
    public let path: String

    /// A new folder.
    public init() throws {
        path = FileManager.default.temporaryDirectory.path + "/omnicache-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The names in it in alphabetic order.
    public var contents: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
    }
}
