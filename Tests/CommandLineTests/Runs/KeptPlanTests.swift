import Foundation
import Testing

extension CommandLineSuite {
    /// What sample plans by itself, and what is kept of it.
    @Suite struct KeptPlanTests {
        let place: Workplace
        let model: TinyModel

        private static let making = "making the plan takes "
        private static let taking = "taking the plan that an earlier run found for this model"
        private static let calibrating = "calibrating with 8 trajectories of 8 computed steps"

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        private var sample: [String] {
            ["--model", model.path, "--class", "hen", "tench", "--steps", "8"]
        }
        private var plan: [String] { ["plan", "--model", model.path, "--steps", "8"] }

        private func run(
            _ arguments: [String], ranks: Int = 1, environment: [String: String] = [:],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> Outcome {
            let outcome = try await place.omnicache(arguments, ranks: ranks, environment: environment)
            #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
            return outcome
        }

        /// Paths of what is kept, from the folder that commands run in.
        private func kept(_ part: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: place.cache + "/omnicache").sorted()
                .filter { $0.contains(part) }.map { "../cache/omnicache/" + $0 }
        }

        /// The same bits whoever makes it, on any number of ranks; and either takes what the other has kept.
        @Test(arguments: [1, 3])
        func sampleMakesThePlanThatPlanMakes(ranks: Int) async throws {
            let elsewhere = ["XDG_CACHE_HOME": place.path("../elsewhere")]
            _ = try await run(plan + ["--output", "made.json"], ranks: 4 - ranks, environment: elsewhere)
            let first = try await run(sample + ["--output", "first.png"], ranks: ranks)
            #expect(first.errorCount(of: Self.calibrating) == 1)
            let made = try place.bytes("made.json")
            #expect(try kept("-plan-").contains { try place.bytes($0) == made })

            let second = try await run(sample + ["--output", "second.png"], ranks: 4 - ranks)
            #expect(second.errorCount(of: Self.taking) >= 1, "\(second.errors)")
            #expect(second.errorCount(of: "calibrating") == 0)
            #expect(second.errorCount(of: Self.making) == 0)
            #expect(try place.bytes("first.png") == place.bytes("second.png"))
            let taken = try await run(plan + ["--output", "taken.json"], ranks: ranks)
            #expect(taken.errorCount(of: Self.taking) == 1)
            #expect(try place.bytes("taken.json") == made)
        }

        @Test(arguments: [1, 2])
        func sampleTakesWhatPlanHasKept(ranks: Int) async throws {
            _ = try await run(plan, ranks: ranks)
            let drawn = try await run(sample, ranks: ranks)
            #expect(drawn.errorCount(of: Self.calibrating) == 0)
            #expect(drawn.errorCount(of: Self.taking) >= 1)
        }

        /// Before anything of it is done, and what it is worth.
        @Test(arguments: [1, 3])
        func saysBeforeHowLongItTakes(ranks: Int) async throws {
            let errors = try await run(sample, ranks: ranks).errors
            let said = try #require(
                errors.firstMatch(
                    of: /takes at most about [0-9.]+ (s|min), as long as drawing (\d+) images without/
                ))
            let begun = try #require(errors.range(of: Self.calibrating))
            #expect(said.range.upperBound < begun.lowerBound)
            // In computed steps of an image: 24 trajectories and probes of 8 steps; with at most 6 masks 8 images
            // uncached and with 8 forecasts, of 4 steps; 8 uncached, with the plan, and by 6 plain samplers.
            let (calibration, search, comparison) = (24 * 8, 6 * 8 * (8 + 8 * 4), 8 * (8 + 7 * 4))
            #expect(Int(said.output.2) == (calibration + search + comparison) / 8)
        }

        @Test func aQuickPlanIsKeptApart() async throws {
            let quick = try await run(sample + ["--quick-calibration"])
            #expect(quick.errorCount(of: "calibrating with 2 trajectories of 8 computed steps") == 1)
            #expect(try kept("-plan-").isEmpty)
            let thorough = try await run(sample)
            #expect(thorough.errorCount(of: Self.calibrating) == 1)
            let again = try await run(sample + ["--quick-calibration"])
            #expect(again.errorCount(of: Self.taking) >= 1 && again.errorCount(of: "calibrating") == 0)
            let made = try await run(plan + ["--quick-calibration"])
            #expect(made.errorCount(of: Self.taking) == 1)
            struct Fields: Decodable {
                struct Calibration: Decodable { var trajectories: Int }
                var calibration: Calibration
            }
            let fields = try JSONDecoder().decode(Fields.self, from: Data(place.bytes("plan.json")))
            #expect(fields.calibration.trajectories == 2)
        }

        /// A plan's own words are obeyed, so nothing is to be calibrated.
        @Test func quickCalibrationDoesNotGoWithAPlan() async throws {
            let outcome = try await place.omnicache(sample + ["--plan", "p.json", "--quick-calibration"])
            expectRefusal(
                outcome, status: 64, saying: ["--plan says what is reused: leave out"], place: place)
        }

        /// Another engine, number format or build of the program may calibrate otherwise.
        @Test(arguments: [
            ["--engine", "openblas"], ["--engine", "onednn"], ["--engine", "onednn", "--precision", "bf16"],
        ])
        func isOfOneEngineAndPrecision(_ engine: [String]) async throws {
            let engines = [
                ["--engine", "openblas"], ["--engine", "onednn"],
                ["--engine", "onednn", "--precision", "bf16"],
            ]
            let quick = sample + ["--quick-calibration"]
            for other in engines where other != engine {
                // Not every build and CPU has all of them.
                let outcome = try await place.omnicache(quick + other)
                #expect(outcome.status == 0 || outcome.errorCount(of: "omnicache: error: ") == 1)
            }
            let outcome = try await place.omnicache(quick + engine)
            guard outcome.status == 0 else { return }
            #expect(outcome.errorCount(of: "calibrating with 2 trajectories") == 1)
            #expect(try await run(quick + engine).errorCount(of: "calibrating") == 0)
        }

        @Test func isOfOneBuild() async throws {
            let quick = sample + ["--quick-calibration"]
            _ = try await run(quick)
            let other = try Program.ofAnotherBuild(in: place)
            var environment = Program.environment
            environment["XDG_CACHE_HOME"] = place.cache
            for isKnown in [false, true] {
                let outcome = try await start([other] + quick, in: place.folder, environment: environment)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.errorCount(of: "calibrating with 2 trajectories") == (isKnown ? 0 : 1))
            }
        }

        /// What is broken, or of another version of the format, is made anew, alike.
        @Test(arguments: [
            ("-of-8", "{"), ("-plan-", #"{"formatVersion":1}"#), ("-compared-", "[1,2]"),
        ])
        func whatIsBrokenIsMadeAnew(_ part: String, _ text: String) async throws {
            _ = try await run(sample + ["--output", "first.png"])
            try await expectMadeAnew(part, text, sample, calibrates: part == "-of-8")
        }

        @Test(arguments: ["-of-2", "-compared-"], ["", "version", #"{"formatVersion":4}"#])
        func ofAQuickPlanToo(_ part: String, _ text: String) async throws {
            let quick = sample + ["--quick-calibration"]
            _ = try await run(quick + ["--output", "first.png"])
            try await expectMadeAnew(part, text, quick, calibrates: part == "-of-2")
        }

        /// Spoils what is kept, and draws again.
        /// - Parameter text: what stands in the files then, or `version`: the same of another version.
        private func expectMadeAnew(
            _ part: String, _ text: String, _ arguments: [String], calibrates: Bool
        ) async throws {
            let files = try kept(part)
            #expect(!files.isEmpty)
            let before = try files.map { try place.bytes($0) }
            for (file, bytes) in zip(files, before) {
                let whole = String(decoding: bytes, as: UTF8.self)
                let other = whole.replacingOccurrences(of: "\"formatVersion\":4", with: "\"formatVersion\":3")
                try place.write(text == "version" ? other : text, to: file)
                #expect(text != "version" || whole != other)
            }
            let second = try await run(arguments + ["--output", "second.png"], ranks: 2)
            #expect(second.errorCount(of: Self.making) == 1)
            #expect(second.errorCount(of: "calibrating with") == (calibrates ? 1 : 0))
            #expect(try files.map { try place.bytes($0) } == before)
            #expect(try place.bytes("first.png") == place.bytes("second.png"))
        }

        /// As if calibration had seen the plans that are kept end nowhere near the uncached latents.
        private func fallBehind() throws {
            for file in try kept("-compared-") {
                var entry = try #require(
                    JSONSerialization.jsonObject(with: Data(place.bytes(file))) as? [String: Any])
                var comparison = try #require(entry["comparison"] as? [String: Any])
                comparison["plan"] = 1
                entry["comparison"] = comparison
                let text = try JSONSerialization.data(withJSONObject: entry)
                try place.write(String(decoding: text, as: UTF8.self), to: file)
            }
        }

        /// Half, three quarters of that, a half, a quarter, nothing.
        @Test(arguments: [1, 3])
        func reusesLessWhereAPlanIsBehind(ranks: Int) async throws {
            let quick = sample + ["--quick-calibration"]
            let usual = try await run(quick, ranks: ranks)
            #expect(usual.errorCount(of: "with 4 of 8 steps reused, calibration's images end at ") == 1)
            #expect(usual.errorCount(of: "(planned: 4 reused)") == 1)
            for reused in [3, 2, 1] {
                try fallBehind()
                let less = try await run(quick, ranks: ranks)
                #expect(less.errorCount(of: "(planned: \(reused) reused)") == 1, "\(less.errors)")
                #expect(less.errorCount(of: "end at -8.7 dB of the uncached latents") == 4 - reused)
                #expect(less.errorCount(of: "reuse is behind plain steps of equal cost") == 4 - reused)
                #expect(less.errorCount(of: "with \(reused) of 8 steps reused, calibration's images") == 1)
            }
            try fallBehind()
            let nothing = try await run(quick, ranks: ranks)
            #expect(nothing.errorCount(of: "omnicache: drawing without reuse") == 1)
            #expect(nothing.errorCount(of: "(none: 0 reused)") == 1)

            let made = try await run(plan + ["--quick-calibration"], ranks: ranks)
            #expect(made.errorCount(of: "4 of 8 steps computed, 4 reused") == 1)
            #expect(made.errorCount(of: "warning: this plan is behind plain steps of equal cost") == 1)
            let obeyed = try await run(
                ["--model", model.path, "--class", "hen", "--plan", "plan.json"], ranks: ranks)
            #expect(obeyed.errorCount(of: "(planned: 4 reused)") == 1)
        }

        @Test func aPolicyThatIsNamedIsObeyed() async throws {
            let quick = sample + ["--quick-calibration", "--policy", "omnicache"]
            _ = try await run(quick)
            try fallBehind()
            let obeyed = try await run(quick)
            #expect(obeyed.errorCount(of: "warning: omnicache is behind plain steps of equal cost") == 1)
            #expect(obeyed.errorCount(of: "(omnicache: 4 reused)") == 1)
        }

        /// Groups of jobs that differ in steps have plans of their own, each made once.
        @Test(arguments: [1, 3])
        func jobsOfDifferentStepsHavePlansOfTheirOwn(ranks: Int) async throws {
            let lines = [(8, 1), (6, 2), (8, 3)].map { steps, seed in
                #"{"label": "hen", "seed": \#(seed), "steps": \#(steps), "output": "\#(seed).png"}"#
            }
            try place.write(lines.joined(separator: "\n"), to: "jobs.jsonl")
            let draw = ["--model", model.path, "--jobs", "jobs.jsonl", "--output"]
            let first = try await run(draw + ["a/"], ranks: ranks)
            for steps in [6, 8] {
                #expect(
                    first.errorCount(of: "calibrating with 8 trajectories of \(steps) computed steps") == 1)
            }
            let second = try await run(draw + ["b/"], ranks: 4 - ranks)
            #expect(second.errorCount(of: "calibrating") == 0)
            for seed in 1...3 {
                #expect(try place.bytes("a/\(seed).png") == place.bytes("b/\(seed).png"))
            }
        }
    }
}
