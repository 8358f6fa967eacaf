import Foundation
import Subprocess
import Testing

extension CommandLineSuite {
    /// Comparisons that are ended, and go on; and those that may not.
    @Suite struct EvaluateResumingTests: EvaluationSuite {
        let evaluation: EvaluationPlace

        init() throws { evaluation = try EvaluationPlace() }

        /// The same command again does what is lacking and nothing else.
        @Test func goesOnWhereItEnded() async throws {
            let first = try await evaluate(few)
            #expect(first.status == 0, "\(first.errors)")
            let table = try place.bytes("out/table.json")
            let whole = place.listing("out/state/measures")
            #expect(whole.count > 3)
            // As if it had ended after the pairs and some of the images that are judged.
            for file in whole where (Int(file.dropLast(5)) ?? 0) > 2 {
                try FileManager.default.removeItem(atPath: place.path("out/state/measures/" + file))
            }
            try FileManager.default.removeItem(atPath: place.path("out/table.json"))
            // A name is only a name, and not a number to count on from.
            try place.write("{}", to: "out/state/measures/\(Int.max).json")
            let kept = try place.bytes("out/state/measures/0.json")
            let second = try await evaluate(few, ranks: 2)
            #expect(second.status == 0, "\(second.errors)")
            // Neither is searched again.
            #expect(first.errorCount(of: "looking for the plan of easycache 50 %") == 1)
            #expect(second.errorCount(of: "looking for") == 0)
            #expect(try place.bytes("out/table.json") == table)
            #expect(try place.bytes("out/state/measures/0.json") == kept)
            #expect(Set(place.listing("out/state/measures")) == Set(whole + ["\(Int.max).json"]))
        }

        @Test func endedByASignalItGoesOn() async throws {
            let interrupted = try await place.omnicache(
                evaluation.arguments + few,
                interruption: Interruption(signal: .terminate, after: "ways of sampling"))
            #expect(interrupted.status == 143, "\(interrupted.errors)")
            let second = try await evaluate(few)
            #expect(second.status == 0, "\(second.errors)")
            let resumed = try numbers()
            try FileManager.default.removeItem(atPath: place.path("out"))
            #expect(try await evaluate(few).status == 0)
            #expect(try numbers() == resumed)
        }

        @Test(arguments: [1, 2], ["out/", "pictures/", "arrays/"])
        func aSecondRunInOneFolderIsRefused(ranks: Int, folder: String) async throws {
            let lock = try place.lock(folder)
            defer { close(lock) }
            let outcome = try await evaluate(
                few + ["--images-dir", "pictures/", "--npz", "arrays/"], ranks: ranks)
            expectRefusal(
                outcome, status: 73, saying: [folder + ": process 12 on host-3 writes there; wait for it"],
                place: place, leaving: place.listing())
            #expect(place.listing().filter { $0.contains("/") } == [folder + ".omnicache.lock"])
        }
    }
}
