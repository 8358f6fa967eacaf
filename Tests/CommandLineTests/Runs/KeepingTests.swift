import Foundation
import Subprocess
import TestSupport
import Testing

extension WaitingSuite {
    /// Runs that are ended, and go on from what was saved.
    @Suite struct KeepingTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        /// Enough steps, so that there is time for a signal.
        private func draw(
            _ output: String, _ extra: [String], ranks: Int = 1, interruption: Interruption? = nil
        ) async throws -> Outcome {
            try await place.omnicache(
                [
                    "--model", model.path, "--class", "hen", "tench", "--count", "2", "--seed", "5",
                    "--steps", "100",
                    "--policy", "uniform", "--quick-calibration", "--in-flight", "2", "--final-latents",
                    output + ".safetensors",
                    "--output",
                    output + ".png",
                ] + extra, ranks: ranks, interruption: interruption)
        }

        /// A signal once an image has been saved before such a step, to whom it may concern.
        private func interruption(_ signal: Signal) -> Interruption {
            let states = place.path("states")
            return Interruption(signal: signal, after: "100 steps of") {
                while true {
                    let files = (try? FileManager.default.contentsOfDirectory(atPath: states)) ?? []
                    if files.contains(where: { $0.hasPrefix("image-") && $0.hasSuffix(".safetensors") }) {
                        return nil
                    }
                    usleep(1000)
                }
            }
        }

        @Test(arguments: [
            (1, 3, ["--scheduler", "dpmsolver++", "--correction", "shadow"]),
            (3, 1, ["--scheduler", "ddpm"]),
            (3, 2, ["--scheduler", "ddim", "--eta", "0.5", "--correction", "previous"]),
        ])
        func aSignalSavesAndEnds(_ first: Int, _ second: Int, _ extra: [String]) async throws {
            let whole = try await draw("whole", extra)
            #expect(whole.status == 0, "\(whole.errors)")
            let ended = try await draw(
                "a", extra + ["--checkpoint", "states", "--every", "3"], ranks: first,
                interruption: interruption(Signal(rawValue: SIGUSR1)))
            #expect(ended.status == 143, "\(ended.errors)")
            #expect(
                ended.errorCount(of: "omnicache: terminated; the state is saved, go on with --resume states")
                    == 1)
            #expect(ended.errorCount(of: "error") == 0, "\(ended.errors)")
            #expect(!place.listing().contains("a.png"))
            let resumed = try await draw("a", extra + ["--resume", "states"], ranks: second)
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(resumed.errorCount(of: "from step ") == 1)
            #expect(try place.bytes("a.safetensors") == place.bytes("whole.safetensors"))
            #expect(try Picture(place.bytes("a.png")).packed == Picture(place.bytes("whole.png")).packed)
        }

        /// Between two of the runs that a plan takes: nothing is drawn yet, and the same command with --resume makes it anew.
        @Test(arguments: [(1, Signal.terminate), (3, Signal(rawValue: SIGUSR1))])
        func aSignalEndsPlanning(ranks: Int, signal: Signal) async throws {
            let drawing = ["--model", model.path, "--class", "hen", "--steps", "20", "--output", "a.png"]
            let ended = try await place.omnicache(
                drawing + ["--checkpoint", "states"], ranks: ranks,
                interruption: Interruption(signal: signal, after: "calibrating with"))
            #expect(ended.status == 143, "\(ended.errors)")
            #expect(
                ended.errorCount(of: "omnicache: terminated; the state is saved, go on with --resume states")
                    == 1)
            #expect(ended.errorCount(of: "20 steps of") == 0, "\(ended.errors)")
            let resumed = try await place.omnicache(drawing + ["--resume", "states"])
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(resumed.errorCount(of: "20 steps of") == 1)
        }

        /// Two images of four are under way when the run is told to end: of these and the others a report each.
        @Test(arguments: [(1, 1), (1, 3), (3, 2)])
        func aResumedRunReportsWhatItDraws(_ first: Int, _ second: Int) async throws {
            let ended = try await draw(
                "a", ["--checkpoint", "states", "--every", "3"], ranks: first,
                interruption: interruption(Signal(rawValue: SIGUSR1)))
            #expect(ended.status == 143, "\(ended.errors)")
            let resumed = try await draw(
                "a", ["--resume", "states", "--run-report", "r.json"], ranks: second)
            #expect(resumed.status == 0, "\(resumed.errors)")
            let parts = try JSONDecoder().decode(
                [ReportFields].self, from: Data(try place.bytes("r.json")))
            #expect(parts.map { $0.firstStep == nil }.last == true)
            #expect(parts.dropLast().allSatisfy { ($0.firstStep ?? 0) > 0 })
            for part in parts {
                let steps = (part.firstStep ?? 0)..<100
                let computed = steps.count { part.plan.mask[$0] }
                #expect(part.steps.map(\.index) == Array(steps))
                #expect(part.totals.computedSteps == computed)
                #expect(part.totals.reusedSteps == steps.count - computed)
                #expect(
                    part.totals.activationBytes
                        == computed * (second - 1) * 2 * part.totals.images * 16 * 8 * 4)
            }
        }

        @Test func aLoneRankHeedsTheEndSignalToo() async throws {
            let ended = try await draw(
                "a", ["--checkpoint", "states", "--every", "1"], interruption: interruption(.terminate))
            #expect(ended.status == 143)
            #expect(ended.errorCount(of: "the state is saved") == 1)
        }

        /// Killed at any time: the last states stand, and may be of different steps.
        @Test(arguments: [1, 3])
        func aKilledRunGoesOn(ranks: Int) async throws {
            #expect(try await draw("whole", []).status == 0)
            let killed = try await draw(
                "a", ["--checkpoint", "states", "--every", "7"], ranks: ranks,
                interruption: interruption(.kill))
            #expect(killed.status == 137)
            let lock = open(place.path("states/.omnicache.lock"), O_CREAT | O_RDWR, 0o600)
            #expect(flock(lock, LOCK_EX) == 0)
            close(lock)
            let resumed = try await draw("a", ["--resume", "states"])
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(try place.bytes("a.safetensors") == place.bytes("whole.safetensors"))
            // All is finished by then: nothing is drawn again, and the same files come of it.
            let again = try await draw("b", ["--resume", "states"], ranks: 2)
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.errorCount(of: "100 steps of") == 0)
            #expect(try place.bytes("b.safetensors") == place.bytes("whole.safetensors"))
            #expect(try place.bytes("b.png") == place.bytes("a.png"))
        }

        @Test func statesAreSmallPrivateAndGoneWithTheirJobs() async throws {
            try place.write(
                (0..<4).map { #"{"label": 3, "seed": \#($0), "steps": 100, "output": "\#($0).png"}"# }
                    .joined(separator: "\n"), to: "../jobs.jsonl")
            let jobs = [
                "--model", model.path, "--jobs", "../jobs.jsonl", "--output", "out/", "--policy", "uniform",
                "--in-flight", "2",
            ]
            let ended = try await place.omnicache(
                jobs + ["--checkpoint", "states", "--every", "5"], ranks: 2,
                interruption: interruption(Signal(rawValue: SIGUSR1)))
            #expect(ended.status == 143, "\(ended.errors)")
            let saved = place.listing("states").filter { $0.hasPrefix("image") }
            #expect(saved.count == 2)
            for file in saved + ["run.json"] {
                let facts = try FileManager.default.attributesOfItem(atPath: place.path("states/" + file))
                #expect(facts[.posixPermissions] as? Int == 0o600)
                // Without a correction no residual is needed: a latent of 256 numbers.
                #expect(try #require(facts[.size] as? Int) < 5000)
            }
            let resumed = try await place.omnicache(jobs + ["--resume", "states"], ranks: 3)
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(place.listing("states") == ["run.json"])
            // As a run leaves it that is killed between noting a job and forgetting its state.
            try place.write("", to: "states/image-2.safetensors")
            #expect(try await place.omnicache(jobs + ["--resume", "states"]).status == 0)
            #expect(place.listing("states") == ["run.json"])
            for seed in 0..<4 {
                let one = try await place.omnicache([
                    "--model", model.path, "--class", "3", "--seed", "\(seed)", "--steps", "100", "--policy",
                    "uniform", "--output", "one.png",
                ])
                #expect(one.status == 0)
                #expect(try place.bytes("one.png") == place.bytes("out/\(seed).png"))
            }
        }

        @Test func badStatesAreRefusedByName() async throws {
            let ended = try await draw(
                "a", ["--checkpoint", "states", "--every", "2", "--correction", "shadow"],
                interruption: interruption(Signal(rawValue: SIGUSR1)))
            #expect(ended.status == 143)
            let file = try #require(place.listing("states").last { $0.hasPrefix("image-") })
            let sound = try place.bytes("states/" + file)
            let url = URL(fileURLWithPath: place.path("states/" + file))
            func refused(_ extra: [String] = [], status: Int32 = 65, saying message: String) async throws {
                let files = place.listing()
                let outcome = try await draw("a", ["--resume", "states", "--correction", "shadow"] + extra)
                expectRefusal(outcome, status: status, saying: [message], place: place, leaving: files)
            }
            for count in [0, 7, sound.count / 2, sound.count - 1] {
                try Data(sound.prefix(count)).write(to: url)
                try await refused(saying: "states/\(file): ")
            }
            for place in [sound.count - 1, sound.count / 2] {
                var altered = sound
                altered[place] ^= 1
                try Data(altered).write(to: url)
                try await refused(saying: "states/\(file): does not fit its checksum")
            }
            // A sound state of another image, or another run.
            let other = file == "image-0.safetensors" ? "image-1.safetensors" : "image-0.safetensors"
            try Data(try place.bytes("states/" + other)).write(to: url)
            try await refused(saying: "states/\(file): belongs to another run: its image is")
            try Data(sound).write(to: url)
            try await refused(
                ["--guidance", "2"], saying: "another run: its --guidance is 4.0, this one's 2.0")
            try await refused(["--eta", "0.5"], saying: "states: holds the state of another run")
            try model.edit(TinyModel.transformer) { bytes in bytes[bytes.count - 2] ^= 1 }
            try await refused(saying: "another run: its model's weights is")
            try place.write("{", to: "states/run.json")
            try await refused(saying: "states/run.json: does not say which run")
            try FileManager.default.removeItem(atPath: place.path("states/run.json"))
            try await refused(status: 66, saying: "states/run.json: no such file")
        }

        @Test(arguments: [1, 3])
        func whatCannotBe(ranks: Int) async throws {
            try FileManager.default.createDirectory(
                atPath: place.path("used"), withIntermediateDirectories: true)
            try place.write("{}", to: "used/run.json")
            for (extra, message) in [
                (
                    ["--checkpoint", "s", "--policy", "fora"],
                    "--policy fora keeps what it reuses on several ranks"
                ),
                (["--checkpoint", "s", "--policy", "teacache"], "--policy teacache keeps what it reuses"),
                (["--checkpoint", "used"], "--checkpoint used: holds a run already"),
                (["--checkpoint", "s", "--resume", "s"], "give one of them"),
                (["--every", "2"], "--every is told to --checkpoint or --resume"),
                (["--checkpoint", "s", "--every", "0"], "--every 0: expected 1 or more"),
            ] {
                let outcome = try await place.omnicache(
                    ["--model", model.path, "--class", "hen", "--steps", "9"] + extra, ranks: ranks)
                expectRefusal(
                    outcome, status: 64, saying: [message], place: place, leaving: ["used", "used/run.json"])
            }
        }

        /// SIGUSR1 where nothing is saved ends a run as SIGTERM does.
        @Test func endsAtOnceWhereNothingIsSaved() async throws {
            let ended = try await draw(
                "a", [], interruption: Interruption(signal: Signal(rawValue: SIGUSR1), after: "100 steps of"))
            #expect(ended.status == 143)
            #expect(ended.errorCount(of: "terminated; images that were finished are kept") == 1)
        }
    }
}
