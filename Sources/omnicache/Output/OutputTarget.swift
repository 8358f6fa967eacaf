import Files
import Foundation
import ImageOutput

/// Where pictures go: one PNG, a grid if there are several images, or a folder of one PNG each.
struct OutputTarget {
    let path: String
    let isFolder: Bool

    /// Checks the place before any work is done; leaves nothing behind.
    /// - Throws: `WriteError`, `UsageError`.
    init(_ path: String) throws {
        self.path = path
        // A link to a folder is one too.
        let place = ContainedPath.place(of: path)
        let existing = try? FileManager.default.attributesOfItem(atPath: place)[.type] as? FileAttributeType
        isFolder = path.hasSuffix("/") || existing == .typeDirectory
        if isFolder {
            try WholeFile.checkFolder(path)
        } else {
            guard path.lowercased().hasSuffix(".png") else {
                throw UsageError(
                    "--output \(path): expected a name that ends in .png, or a folder that ends in /")
            }
            try WholeFile.check(path)
        }
    }

    /// Checks that one picture can hold so many images of the given side.
    /// - Throws: `UsageError`.
    func requireRoom(for images: Int, columns: Int, side: Int) throws {
        guard !isFolder else { return }
        let width = side * min(columns, images)
        let height = side * ((images + columns - 1) / columns)
        guard max(width, height) <= 1_000_000, 3 * width * height <= Self.mostBytes else {
            throw UsageError(
                "--output \(path): \(images) images would make a picture of \(width) × \(height) pixels, more "
                    + "than a PNG can well hold: name a folder/")
        }
    }

    /// Memory that a grid may take while it is drawn: 1 GiB.
    private static let mostBytes = 1 << 30

    /// Makes the folder, if it is one, and keeps it for this run.
    /// - Returns: what keeps it.
    /// - Throws: `WriteError`, also if another run has it.
    func prepare(_ session: RankSession) throws(WriteError) -> FolderLock? {
        guard isFolder else { return nil }
        try WholeFile.makeFolder(path)
        return try session.lock(path)
    }

    /// The file of one image of a folder.
    func file(image: Int, of count: Int) -> String {
        let digits = max(4, String(count - 1).count)
        return (path.hasSuffix("/") ? path : path + "/") + zeroPadded(image, digits: digits) + ".png"
    }
}

/// Checks that options which name files (or `what`) to write name different ones; devices may be named twice.
/// - Throws: `UsageError`.
func requireDifferent(_ files: [(option: String, path: String)], _ what: String = "files") throws {
    var options: [String: String] = [:]
    for (option, path) in files where !path.hasPrefix("/dev/") {
        let place = ContainedPath.place(of: path)
        if let other = options.updateValue(option, forKey: place) {
            throw UsageError("\(other) and \(option) would both write \(path): name two \(what)")
        }
    }
}
