import Foundation
import Subprocess
import Testing

extension WaitingSuite {
    /// Ctrl-C and its like, in the middle of a run that would take minutes.
    @Suite struct SignalTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        private func arguments(policy: String = "none") -> [String] {
            [
                "--model", model.path, "--class", "hen", "--count", "1000", "--steps", "40", "--in-flight",
                "6", "--policy", policy, "--output", "out/", "--final-latents", "final.safetensors",
                "--run-report", "run.json",
            ]
        }

        private func interrupt(_ signal: Signal, ranks: Int) async throws -> Outcome {
            try await place.omnicache(
                arguments(), ranks: ranks,
                interruption: Interruption(signal: signal, after: "40 steps of ddim"))
        }

        @Test(arguments: [Signal.interrupt, .terminate])
        func endsALoneRank(_ signal: Signal) async throws {
            let outcome = try await interrupt(signal, ranks: 1)
            #expect(outcome.status == 128 + signal.rawValue)
            #expect(outcome.seconds < 30)
            #expect(
                outcome.errorCount(
                    of:
                        "omnicache: \(signal == .interrupt ? "interrupted" : "terminated"); images that were finished are kept"
                )
                    == 1)
            try expectOnlyWholePictures()
        }

        @Test func endsACalibration() async throws {
            let outcome = try await place.omnicache(
                arguments(policy: "planned"),
                interruption: Interruption(signal: .interrupt, after: "calibrating with"))
            #expect(outcome.status == 130)
            #expect(outcome.seconds < 30)
            #expect(FileManager.default.enumerator(atPath: place.cache)?.allObjects.isEmpty ?? true)
            try expectOnlyWholePictures()
        }

        @Test(arguments: [Signal.interrupt, .terminate])
        func endsAllRanks(_ signal: Signal) async throws {
            let outcome = try await interrupt(signal, ranks: 3)
            #expect(outcome.status == 1)
            #expect(outcome.seconds < 30)
            #expect(outcome.errorCount(of: "omnicache: error") == 0)
            try expectOnlyWholePictures()
            #expect(try processes() == [])
        }

        /// A rank that is gone without a word, as the kernel does it when memory runs out.
        @Test(arguments: [0, 2])
        func endsTheOthersWhenARankIsKilled(rank: Int) async throws {
            let outcome = try await place.omnicache(
                arguments(), ranks: 3,
                interruption: Interruption(signal: .kill, after: "40 steps of ddim") { try process(of: rank) }
            )
            #expect(outcome.status == 137)
            #expect(outcome.seconds < 30)
            try expectOnlyWholePictures()
            #expect(try processes() == [])
        }

        /// A rank that does no more, but is there: the others find out by waiting.
        @Test func endsTheOthersWhenARankIsStopped() async throws {
            let outcome = try await place.omnicache(
                arguments() + ["--timeout", "2"], ranks: 3,
                interruption: Interruption(signal: .suspend, after: "40 steps of ddim") {
                    // In the pipeline waits are short.
                    awaitPictures(1)
                    return try process(of: 1)
                })
            #expect(outcome.status == 69, "\(outcome.errors)")
            #expect(outcome.seconds < 30)
            let lost =
                /error: rank [02] on \S+ waited 2 s for .*of step \d+, group \d+, .* takes the run for lost/
            #expect(outcome.errors.firstMatch(of: lost) != nil, "\(outcome.errors)")
            #expect(outcome.errorCount(of: "takes the run for lost") == 1, "\(outcome.errors)")
            try expectOnlyWholePictures()
            #expect(try processes() == [])
        }

        /// At the end, when all pictures are decoded at once.
        @Test func endsTheOthersWhenARankIsStoppedWhileItDecodes() async throws {
            let outcome = try await place.omnicache(
                [
                    "--model", model.path, "--class", "hen", "--count", "600", "--steps", "1", "--output",
                    "out/", "--policy", "none", "--in-flight", "600", "--timeout", "2",
                ], ranks: 3,
                interruption: Interruption(signal: .suspend, after: "1 step of ddim") {
                    awaitPictures(20)
                    return try process(of: 2)
                })
            #expect(outcome.status == 69, "\(outcome.errors)")
            #expect(outcome.seconds < 30)
            #expect(outcome.errorCount(of: "takes the run for lost") == 1, "\(outcome.errors)")
            #expect(outcome.errorCount(of: "omnicache: error: ") == 1, "\(outcome.errors)")
            try expectOnlyWholePictures()
            #expect(try processes() == [])
        }

        /// Waits for so many, and two minutes at most.
        private func awaitPictures(_ count: Int) {
            let start = ContinuousClock.now
            while place.listing("out").count(where: { $0.hasSuffix(".png") }) < count,
                ContinuousClock.now - start < .seconds(120)
            {
                usleep(1000)
            }
        }

        private func process(of rank: Int) throws -> Int32? {
            try processes().first { process in
                let variables = FileManager.default.contents(atPath: "/proc/\(process)/environ") ?? Data()
                return String(decoding: variables, as: UTF8.self).contains("OMPI_COMM_WORLD_RANK=\(rank)\0")
            }
        }

        private func expectOnlyWholePictures() throws {
            #expect(place.listing().filter { !$0.hasPrefix("out") } == [])
            for name in place.listing("out") where name != ".omnicache.lock" {
                _ = try Picture(try place.bytes("out/" + name))
            }
        }

        /// Processes whose arguments name this test's model.
        private func processes() throws -> [Int32] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter {
                process in
                let arguments = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
                return String(decoding: arguments, as: UTF8.self).contains(model.path)
            }
        }
    }
}
