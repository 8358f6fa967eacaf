import Foundation
import Models
import Testing

/// A family of models is a folder of Sources/Models, named in the list of families and nowhere else.
struct FamilyNamesTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")

    /// The folder of each family, by the name of its configuration.
    private static let folders = DenoiserFamilies.all.map { family in
        String(String(describing: family).prefix { $0 != "." }).replacing("Configuration", with: "")
    }

    @Test func eachFamilyHasAFolder() {
        #expect(!Self.folders.isEmpty)
        for folder in Self.folders {
            var isFolder: ObjCBool = false
            let path = Self.sources.appending(path: "Models").appending(path: folder).path
            #expect(
                FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue)
        }
    }

    /// Comments may cite whom they follow, and texts may name a published model, as DiT-XL/2: the name with a dash
    /// before or behind it.
    @Test func codeElsewhereNamesNoFamily() throws {
        let files = FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil)
        let all = files?.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" } ?? []
        #expect(all.count > 200)
        for folder in Self.folders {
            let own = Self.sources.appending(path: "Models/\(folder)/").path
            var named: [String] = []
            for file in all where !file.path.hasPrefix(own) {
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
                    if Self.names(folder, in: code) { named.append(file.lastPathComponent) }
                }
            }
            #expect(named == ["DenoiserFamilies.swift"], "\(folder)")
        }
    }

    /// Whether code has a name that begins with the family's.
    private static func names(_ family: String, in code: Substring) -> Bool {
        var rest = code
        while let place = rest.range(of: family) {
            let before = code[..<place.lowerBound].last ?? " "
            let after = code[place.upperBound...].first ?? " "
            if !before.isLetter, !before.isNumber, !"_-".contains(before), after != "-" { return true }
            rest = rest[place.upperBound...]
        }
        return false
    }
}
