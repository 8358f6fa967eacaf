import Foundation
import TestSupport
import Testing

extension WaitingSuite {
    /// How the program is started.
    @Suite struct LaunchTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        /// Another MPI's launcher: each of its processes would believe to be alone.
        @Test func refusesAForeignLauncher() async throws {
            let outcome = try await place.omnicache(
                ["--model", model.path, "--class", "hen"], environment: ["PMI_SIZE": "3", "PMI_RANK": "0"])
            expectRefusal(
                outcome, status: 69,
                saying: [
                    "announces 3 processes, but Open MPI sees a world of 1",
                    "Start it with Open MPI's mpirun",
                ],
                place: place)
        }

        @Test func oneRankUnderMPIRunIsAlone() async throws {
            let command = [
                "mpirun", "-np", "1", Program.path, "--model", model.path, "--class", "hen", "--steps", "2",
            ]
            var environment = Program.environment
            environment["XDG_CACHE_HOME"] = place.cache
            let outcome = try await start(command, in: place.folder, environment: environment)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == "omnicache.png\n")
        }

        /// mpirun gives one rank one core unless told otherwise, which is a slow surprise.
        @Test(.enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1, "the machine has one core"))
        func saysWhereBindingLeavesCores() async throws {
            let warnings = [
                (["--bind-to", "core"], [], "1 rank on "), (["--bind-to", "core"], ["--threads", "1"], nil),
                (["--bind-to", "core"], ["--threads", "2"], "2 threads of 1 rank on "),
                (["--bind-to", "none"], [], nil),
            ]
            for (binding, threads, warning) in warnings {
                let command =
                    ["mpirun", "-np", "1"] + binding + [
                        Program.path, "--model", model.path, "--class", "hen",
                    ]
                    + ["--steps", "2"] + threads
                var environment = Program.environment
                environment["XDG_CACHE_HOME"] = place.cache
                let outcome = try await start(command, in: place.folder, environment: environment)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.errorCount(of: "mpirun --bind-to none") == (warning == nil ? 0 : 1))
                #expect(outcome.errorCount(of: warning ?? "warning: ") == (warning == nil ? 0 : 1))
            }
        }

        /// The plans that ship with the built-in model are found on any number of ranks: each fits the model as it is,
        /// and 50 steps go without saying.
        @Test(
            arguments: [
                ([], "50", [(1, [], 25, 0.01), (1, ["--preset", "fast"], 30, 0.016)]),
                (["--steps", "20"], "20", [(3, [], 10, 0.07), (1, ["--preset", "slow"], 10, 0.07)]),
            ] as [([String], String, [(Int, [String], Int, Double)])])
        func theBuiltInModelNeedsNoCalibration(
            options: [String], steps: String,
            runs: [(ranks: Int, reuse: [String], reused: Int, bound: Double)]
        ) async throws {
            func draw(_ name: String, _ more: [String], ranks: Int = 1) async throws -> (Outcome, [Float]) {
                let outcome = try await place.omnicache(
                    ["--text", "K", "--seed", "5", "--final-latents", name] + options + more, ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
                return (outcome, try latents(place.bytes(name)))
            }
            let (_, whole) = try await draw("whole", ["--policy", "none"])
            for (ranks, reuse, reused, bound) in runs {
                let (outcome, end) = try await draw("reused", reuse, ranks: ranks)
                let said = "\(steps) steps of ddim (planned: \(reused) reused)"
                #expect(outcome.errorCount(of: said) == 1, "\(outcome.errors)")
                #expect(outcome.errorCount(of: "calibrat") == 0, "\(outcome.errors)")
                // What they are for is to end near the uncached run.
                let difference = relativeDifference(end, whole)
                #expect(difference > 0 && difference < bound, "\(difference)")
            }
        }

        /// Looked at from its start until it has drawn pictures, and ended then; a process that has ended has no files.
        @Test func withoutALauncherNoSocketIsOpen() async throws {
            let script = """
                "$0" --model "$1" --class hen --count 1000 --in-flight 3 --policy none --output out/ >log 2>&1 &
                looks=0
                while [ $looks -lt 20 ] || ! ls out/*.png >/dev/null 2>&1; do
                    files="$(ls -l "/proc/$!/fd" 2>/dev/null)"
                    [ -n "${files#total 0}" ] || break
                    echo "$files"
                    looks=$((looks + 1))
                done >seen
                kill $!
                wait $!
                """
            let outcome = try await start(
                ["/bin/sh", "-c", script, Program.path, model.path], in: place.folder,
                environment: Program.environment)
            #expect(outcome.status == 143, "\(outcome.errors)")
            let seen = String(decoding: try place.bytes("seen"), as: UTF8.self)
            #expect(seen.components(separatedBy: " 1 -> ").count > 20, "\(seen)")
            #expect(!seen.contains("socket:"), "\(seen)")
        }

        /// One file runs anywhere: the model is in it.
        @Test func theBinaryAloneDraws() async throws {
            try FileManager.default.copyItem(atPath: Program.path, toPath: place.path("omnicache"))
            let outcome = try await start(
                [place.path("omnicache"), "--text", "K", "--steps", "2", "--policy", "none"],
                in: place.folder,
                environment: ["PATH": "/usr/bin:/bin", "HOME": place.root])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == "omnicache.png\n")
            let picture = try Picture(try place.bytes("omnicache.png"))
            #expect(picture.width == 64 && picture.height == 64)
            #expect(picture.text["Label"] == "K")
        }
    }
}
