import Foundation
import Testing

/// The pages of the sources name what there is.
struct ArticleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func files(_ suffix: String, below folders: [String]) -> [URL] {
        folders.flatMap { folder -> [URL] in
            let all = FileManager.default.enumerator(
                at: root.appending(path: folder), includingPropertiesForKeys: nil)
            return all?.compactMap { $0 as? URL }.filter { $0.path.hasSuffix(suffix) } ?? []
        }
    }

    private static let articles = files(".md", below: ["Sources"]).filter { $0.path.contains(".docc/") }

    /// Every name that code has.
    private static func names() throws -> Set<Substring> {
        var names = Set<Substring>()
        let code = files(".swift", below: ["Sources", "Tests"]) + [root.appending(path: "Package.swift")]
        for file in code {
            names.formUnion(
                try String(contentsOf: file, encoding: .utf8)
                    .split { !$0.isLetter && !$0.isNumber && $0 != "_" }
                    .filter { $0.first?.isUppercase == true || $0.count > 3 })
        }
        return names
    }

    /// Names in backticks that begin with a capital, alone or before what is theirs.
    @Test func typesAreThere() throws {
        #expect(Self.articles.count > 20)
        let names = try Self.names()
        for article in Self.articles {
            let text = try String(contentsOf: article, encoding: .utf8)
            for match in text.matches(of: /`+(?!Sources\/|Tests\/)([A-Z][A-Za-z0-9]+)[^` ]*`+/) {
                let isThere = names.contains(match.output.1)
                #expect(isThere, "\(article.lastPathComponent): \(match.output.1)")
            }
        }
    }

    @Test func filesAreThere() throws {
        for article in Self.articles {
            let text = try String(contentsOf: article, encoding: .utf8)
            for match in text.matches(of: /`((Sources|Tests|deploy)\/[^` ]*)`/) {
                let path = Self.root.appending(path: String(match.output.1)).path
                #expect(FileManager.default.fileExists(atPath: path), "\(article.lastPathComponent)")
            }
            for match in text.matches(of: /<doc:([A-Za-z]+)>/) {
                let page = article.deletingLastPathComponent().appending(path: "\(match.output.1).md")
                #expect(FileManager.default.fileExists(atPath: page.path), "\(article.lastPathComponent)")
            }
        }
    }
}
