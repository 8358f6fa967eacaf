import Foundation
import TestSupport
import Testing

extension CommandLineSuite {
    /// What the program says of itself.
    @Suite struct HelpTests {
        let place: Workplace
        init() throws { place = try Workplace() }

        /// The texts are kept, so that a change of the command line is seen: run the tests with
        /// `OMNICACHE_UPDATE_SNAPSHOTS=1` to accept it.
        @Test(arguments: [
            "omnicache", "sample", "plan", "evaluate", "inspect", "doctor", "report", "bench", "bench gemm",
            "bench step", "bench link", "bench decode", "bench scaling", "bench predict",
        ])
        func isTheKeptText(command: String) async throws {
            let arguments =
                command == "omnicache"
                ? ["--help"] : command.split(separator: " ").map(String.init) + ["--help"]
            let outcome = try await place.omnicache(arguments, environment: ["COLUMNS": "80"])
            #expect(outcome.status == 0)
            #expect(outcome.errors.isEmpty)
            let name = command.replacingOccurrences(of: " ", with: "-")
            let kept = TinyModel.golden.appendingPathComponent("help/\(name).txt")
            if ProcessInfo.processInfo.environment["OMNICACHE_UPDATE_SNAPSHOTS"] != nil {
                try Data(outcome.output.utf8).write(to: kept)
            }
            #expect(try outcome.output == String(contentsOf: kept, encoding: .utf8))
        }

        @Test(arguments: [1, 3])
        func versionIsSaidOnce(ranks: Int) async throws {
            let outcome = try await place.omnicache(["--version"], ranks: ranks)
            #expect(outcome.status == 0)
            #expect(outcome.output == "0.1.0\n")
        }

        @Test(arguments: [1, 3])
        func inspectDescribesAModel(ranks: Int) async throws {
            let model = try TinyModel(in: place)
            let outcome = try await place.omnicache(
                ["inspect", "--model", model.path, "--ranks", "3", "--labels"], ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let lines = [
                "\(model.path): can be used",
                "5 blocks of width 8 (2 heads × 4), patch 2, 16 tokens, 8 classes",
                "channels 4, 8, pictures 16 × 16", "ddim, leading, epsilon", "2,2,1 blocks",
                "#5  great white shark, white shark",
            ]
            for line in lines { #expect(outcome.output.components(separatedBy: line).count == 2, "\(line)") }
        }

        @Test func inspectDescribesTheBuiltInModel() async throws {
            let outcome = try await place.omnicache(["inspect", "--ranks", "5"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.hasPrefix("built-in model: can be used\n"))
            #expect(outcome.output.contains("on 5 ranks    3,3,2,2,2 blocks"))
        }
    }
}
