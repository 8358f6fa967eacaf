import Checkpoints
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
        let existing = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
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

    /// Makes the folder, if it is one.
    /// - Throws: `WriteError`.
    func prepare() throws(WriteError) {
        if isFolder { try WholeFile.makeFolder(path) }
    }

    /// The file of one image of a folder.
    func file(image: Int, of count: Int) -> String {
        let digits = max(4, String(count - 1).count)
        let number = String(image)
        let padded = String(repeating: "0", count: digits - number.count) + number
        return (path.hasSuffix("/") ? path : path + "/") + padded + ".png"
    }
}
