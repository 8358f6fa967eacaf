import Evaluation
import Foundation
import Testing

/// The numbers of README's comparison are those of the committed tables, `Tests/Goldens/evaluation/readme/*.json`: each a
/// `table.json` that `omnicache evaluate` wrote, whose `summary.md` stands in the section, in the order of the names.
struct ReadmeTableTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL
    private static let section = "Is it worth it?"

    private static let committed: [URL] = {
        let folder = root.appending(path: "Tests/Goldens/evaluation/readme")
        let all = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (all ?? []).filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
    }()

    @Test(.enabled(if: !committed.isEmpty, "no table is committed"))
    func readmeShowsWhatWasMeasured() throws {
        let page = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let tables = try Self.committed.map { try EvaluationTable(json: [UInt8](Data(contentsOf: $0))) }
        #expect(PageTables(section: Self.section, of: page).contradictions(to: tables) == [])
    }

    private func page(_ summary: String) -> String {
        """
        # Title
        ## Before
        | a | b |
        |---|---|
        | 1 | 2 |
        ## Is it worth it?
        Text.

        | another | table |
        |---|---|
        | 1 | 2 |

        \(summary)
        Text.
        ## After
        \(summary)
        """
    }

    @Test func aChangedNumberIsFound() throws {
        let table = sampleTable()
        func contradictions(_ summary: String) -> [String] {
            PageTables(section: Self.section, of: page(summary)).contradictions(to: [table])
        }
        let summary = table.summary()
        #expect(contradictions(summary) == [])
        // Other widths are the same table.
        #expect(contradictions(summary.replacing("  ", with: " ")) == [])
        let changed = summary.replacing("47.5 ± 0.4", with: "47.6 ± 0.4")
        #expect(changed != summary)
        #expect(contradictions(changed) == ["`planned`: 47.6±0.4(38.5;42.5), measured: 47.5±0.4(38.5;42.5)"])
        let lines = summary.split(separator: "\n")
        #expect(contradictions(lines.dropLast().joined(separator: "\n") + "\n").count == 1)
        #expect(contradictions("").count == 1)
    }

    /// Both references, then at each budget the policies and plain sampling of as many steps.
    @Test func summaryHasBothReferencesAndEachBudget() throws {
        var table = sampleTable()
        // A sampler that has a spacing of its own for each reference is one row.
        let place = try #require(table.entries.firstIndex { $0.sampler == "25 × ddim, trailing" })
        var other = table.entries[place]
        other.sampler = "25 × ddim, leading"
        other.name = "ddim, 25 steps, leading"
        other.chosenFor = ["converged"]
        other.toConverged?.psnr = Estimate(mean: 77.7, standardError: 0.1)
        table.entries[place].chosenFor = ["uncached"]
        table.entries.insert(other, at: place)
        let rows = PageTables(table.summary().split(separator: "\n")).tables[0]
        #expect(
            rows.dropFirst().map { "\($0[0]) \($0[1])" } == [
                "50.0 50×ddim,leading:50×ddim,leading",
                "200.0 200×dpmsolver++,trailing:200×dpmsolver++,trailing", "25.0 `planned`",
                "25.0 `taylorseer`", "25.0 `fora`", "25.0 `uniform`", "25.0 DDIM,trailing/leading",
                "25.0 DPM-Solver++,leading", "20.0 `planned`", "20.0 `taylorseer`", "20.0 `fora`",
                "20.0 `uniform`", "20.0 DDIM,trailing", "20.0 DPM-Solver++,leading",
            ])
        let ddim = try #require(rows.first { $0[1] == "DDIM,trailing/leading" })
        #expect(ddim[2] == "37.5±0.4(28.5;32.5)" && ddim[4] == "77.7±0.1")
        // The references' distance from each other, and nothing where there is nothing to say.
        #expect(rows[1][2] == "–" && rows[1][4] == "36.0±0.4")
        #expect(rows[2][2] == "36.0±0.4(27.0;31.0)" && rows[2][4] == "–")
    }
}
