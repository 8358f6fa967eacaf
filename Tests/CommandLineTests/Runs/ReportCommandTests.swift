import Foundation
import Testing

extension CommandLineSuite {
    /// `omnicache report`.
    @Suite struct ReportCommandTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        @Test(arguments: [1, 2])
        func showsRunsSideBySide(ranks: Int) async throws {
            for ranks in [1, 2] {
                let outcome = try await place.omnicache(
                    [
                        "--model", model.path, "--class", "hen", "--steps", "4", "--policy", "none",
                        "--run-report", "\(ranks).json",
                    ], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            let outcome = try await place.omnicache(["report", "1.json", "2.json"], ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n").map(String.init)
            func cells(_ start: String) -> [String] {
                lines.first { $0.hasPrefix(start + " ") }?.dropFirst(start.count)
                    .split(separator: " ").map(String.init) ?? []
            }
            #expect(lines.contains { $0.hasPrefix("1.json: 1 image in ") })
            #expect(lines.count { $0.hasPrefix("rank  ") } == 2)
            #expect(lines.count { $0.hasPrefix("0 on ") } == 2 && lines.count { $0.hasPrefix("1 on ") } == 1)
            #expect(cells("ranks") == ["1", "2", "2.000"])
            #expect(cells("computed steps") == ["4", "4", "1.000"])
            // 4 steps · 2 branches · 16 tokens · 8 numbers of 4 bytes.
            #expect(cells("activations, MB") == ["0.000", "0.004", "–"])
            #expect(cells("messages of them") == ["0", "8", "–"])
            for row in ["wall, s", "denoise, s", "bubble, %", "wait of a rank, s"] {
                #expect(cells(row).count == 3, "\(row)")
            }
        }

        /// Numbers that no run measures, for which the tables have no room.
        @Test(arguments: [
            ("blockCount", "9223372036854775807"), ("firstBlock", "-1"), ("wallSeconds", "1e300"),
            ("waitSeconds", "-0.5"),
        ])
        func aReportOfWhatCannotBeIsRefused(key: String, value: String) async throws {
            let made = try await place.omnicache([
                "--model", model.path, "--class", "hen", "--steps", "2", "--policy", "none", "--run-report",
                "x.json",
            ])
            #expect(made.status == 0, "\(made.errors)")
            let report = String(decoding: try place.bytes("x.json"), as: UTF8.self)
            let start = try #require(report.range(of: "\"\(key)\" : ")?.upperBound)
            let end = try #require(report[start...].firstIndex { $0 == "," || $0 == "\n" })
            try place.write(report.replacingCharacters(in: start..<end, with: value), to: "x.json")
            let files = place.listing()
            let outcome = try await place.omnicache(["report", "x.json"])
            expectRefusal(
                outcome, status: 65, saying: ["x.json: expected a run report of version 1", "not 0 … "],
                place: place, leaving: files)
        }

        @Test(arguments: [1, 3])
        func whatIsNoReportIsRefused(ranks: Int) async throws {
            try place.write("{\"formatVersion\": 1}", to: "x.json")
            let outcome = try await place.omnicache(["report", "x.json"], ranks: ranks)
            expectRefusal(
                outcome, status: 65, saying: ["x.json: expected a run report of version 1", "it has no '"],
                place: place, leaving: ["x.json"])
            let missing = try await place.omnicache(["report", "y.json"], ranks: ranks)
            expectRefusal(missing, status: 66, saying: ["y.json"], place: place, leaving: ["x.json"])
        }
    }
}
