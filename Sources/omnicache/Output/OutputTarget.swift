import Checkpoints
import Foundation
import ImageOutput

/// Where pictures go: one PNG, a grid if there are several images, or a folder of one PNG each.
struct OutputTarget {
    let path: String
    let isFolder: Bool

    /// Checks the place before any work is done, and makes a folder that is asked for.
    /// - Throws: `WriteError`, `UsageError`.
    init(_ path: String) throws {
        self.path = path
        var isExistingFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isExistingFolder)
        isFolder = path.hasSuffix("/") || exists && isExistingFolder.boolValue
        if isFolder {
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw WriteError(path: path, "the folder cannot be made: \(error.localizedDescription)")
            }
            try WholeFile.requireWritableFolder(path)
        } else {
            guard path.lowercased().hasSuffix(".png") else {
                throw UsageError("--output \(path): expected a name that ends in .png, or a folder that ends in /")
            }
            try WholeFile.requireWritableFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        }
    }

    /// The file of one image of a folder.
    func file(image: Int, of count: Int) -> String {
        let digits = max(4, String(count - 1).count)
        let number = String(image)
        let padded = String(repeating: "0", count: digits - number.count) + number
        return (path.hasSuffix("/") ? path : path + "/") + padded + ".png"
    }
}
