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
                (1, [], "50 steps of ddim (planned: 25 reused)", 0.01),
                (1, ["--preset", "fast"], "50 steps of ddim (planned: 30 reused)", 0.016),
                (3, ["--steps", "20"], "20 steps of ddim (planned: 10 reused)", 0.07),
                (1, ["--steps", "20", "--preset", "slow"], "20 steps of ddim (planned: 10 reused)", 0.07),
            ] as [(Int, [String], String, Double)])
        func theBuiltInModelNeedsNoCalibration(ranks: Int, options: [String], said: String, bound: Double)
            async throws
        {
            let outcome = try await place.omnicache(
                ["--text", "K", "--seed", "5", "--final-latents", "reused.safetensors"] + options,
                ranks: ranks, limit: 240)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errorCount(of: said) == 1, "\(outcome.errors)")
            #expect(outcome.errorCount(of: "calibrat") == 0, "\(outcome.errors)")
            // What they are for is to end near the uncached run.
            let whole = try await place.omnicache(
                ["--text", "K", "--seed", "5", "--policy", "none", "--final-latents", "whole.safetensors"]
                    + options.filter { !["--preset", "slow", "fast"].contains($0) }, limit: 240)
            #expect(whole.status == 0, "\(whole.errors)")
            let ends = try ["reused", "whole"].map { name -> [Float] in
                let data = try WeightFile(Data(place.bytes(name + ".safetensors"))).data
                return data.withUnsafeBytes { $0.bindMemory(to: Float.self).map { $0 } }
            }
            let difference = relativeDifference(ends[0], ends[1])
            #expect(difference > 0 && difference < bound, "\(difference)")
        }

        /// Looked at over and over while it draws; a process that has ended has no files.
        @Test func withoutALauncherNoSocketIsOpen() async throws {
            let script = """
                "$0" --model "$1" --class hen --steps 300 --policy none >out 2>&1 &
                while files="$(ls -l "/proc/$!/fd" 2>/dev/null)" && [ -n "${files#total 0}" ]; do
                    echo "$files"
                done >seen
                wait $!
                """
            let outcome = try await start(
                ["/bin/sh", "-c", script, Program.path, model.path], in: place.folder,
                environment: Program.environment)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let seen = String(decoding: try place.bytes("seen"), as: UTF8.self)
            #expect(seen.components(separatedBy: " 1 -> ").count > 3, "\(seen)")
            #expect(!seen.contains("socket:"), "\(seen)")
        }

        /// One file runs anywhere: the model is in it.
        @Test func theBinaryAloneDraws() async throws {
            try FileManager.default.copyItem(atPath: Program.path, toPath: place.path("omnicache"))
            let outcome = try await start(
                [place.path("omnicache"), "--text", "K", "--steps", "2", "--policy", "none"],
                in: place.folder,
                environment: ["PATH": "/usr/bin:/bin", "HOME": place.root], limit: 240)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == "omnicache.png\n")
            let picture = try Picture(try place.bytes("omnicache.png"))
            #expect(picture.width == 64 && picture.height == 64)
            #expect(picture.text["Label"] == "K")
        }
    }
}
