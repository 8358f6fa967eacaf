import Foundation
import Testing

extension CommandLineSuite {
    /// A plan's way: made, looked at, used, found again.
    @Suite struct PlanTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        private func run(
            _ arguments: [String], ranks: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> Outcome {
            let outcome = try await place.omnicache(arguments, ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
            return outcome
        }

        @Test(arguments: [1, 3])
        func isDrawnAndThenUsed(ranks: Int) async throws {
            let made = try await run(
                [
                    "plan", "--model", model.path, "--steps", "8", "--guidance", "2", "--preset", "slow",
                    "--trajectories", "2", "--output", "plan.json",
                ], ranks: ranks)
            #expect(made.errorCount(of: "4 of 8 steps computed, 4 reused") == 1)
            #expect(made.errorCount(of: "mask   ") == 1 && made.errorCount(of: "score  ") == 1)
            // Steps and guidance are the plan's where none are named.
            let used = try await run(
                ["--model", model.path, "--class", "hen", "--plan", "plan.json", "--run-report", "run.json"],
                ranks: ranks)
            #expect(used.errorCount(of: "8 steps of ddim (planned: 4 reused), guidance 2.0") == 1)
            #expect(used.errorCount(of: "calibrat") == 0)
            let plan = try JSONDecoder().decode(PlanFields.self, from: Data(try place.bytes("plan.json")))
            let report = try JSONDecoder().decode(ReportFields.self, from: Data(try place.bytes("run.json")))
            #expect(plan.mask == report.plan.mask)
        }

        @Test func ofModulesIsMadeUsedAndReported() async throws {
            let made = try await run([
                "plan", "--model", model.path, "--steps", "9", "--policy", "taylorseer", "--interval", "3",
                "--order",
                "2",
            ])
            #expect(
                made.errorCount(of: "40 of 90 modules computed in 9 steps of 5 blocks, others by taylor") == 1
            )
            let used = try await run(
                ["--model", model.path, "--class", "hen", "--plan", "plan.json", "--run-report", "run.json"],
                ranks: 2)
            #expect(used.errorCount(of: "(taylorseer: 5 reused)") == 1)
            let report = try JSONDecoder().decode(ReportFields.self, from: Data(try place.bytes("run.json")))
            #expect(report.steps.map(\.kind) == report.plan.mask.map { $0 ? "computed" : "reused" })
            #expect(report.steps.allSatisfy { $0.activationBytes == 2 * 16 * 8 * 4 })
        }

        /// What a reused step still moves stands in the report: the first block's output, for fbcache.
        @Test(arguments: ["teacache", "fbcache", "easycache"])
        func thatIsDecidedWhileSamplingIsMadeUsedAndReported(_ policy: String) async throws {
            let made = try await run(
                [
                    "plan", "--model", model.path, "--steps", "8", "--policy", policy, "--reuse", "0.5",
                    "--trajectories", "2",
                ], ranks: 2)
            #expect(made.errorCount(of: "\(policy): decided for each image while sampling, threshold") == 1)
            let used = try await run(
                [
                    "--model", model.path, "--class", "hen", "tench", "--plan", "plan.json", "--run-report",
                    "run.json",
                ], ranks: 3)
            #expect(used.errorCount(of: "of 8 steps computed on average, decided image by image") == 1)
            let report = try JSONDecoder().decode(ReportFields.self, from: Data(try place.bytes("run.json")))
            let decisions = try #require(report.plan.decisions)
            #expect(decisions.count == 2 && decisions.allSatisfy { $0.count == 8 && $0[0] && $0[7] })
            for step in report.steps {
                let computing = decisions.count { $0[step.index] }
                #expect(step.computedImages == computing)
                let messages = 2 * computing + (policy == "fbcache" ? 2 : 0)
                #expect(step.activationBytes == messages * 2 * 16 * 8 * 4, "step \(step.index)")
            }
        }

        /// A threshold is looked for once, and masks of modules are calibrated once, for a model and a sampler.
        @Test(arguments: [
            ("easycache", "threshold at which easycache costs"), ("smoothcache", "calibrating with"),
        ])
        func thatIsFoundByDrawingIsRemembered(_ policy: String, _ search: String) async throws {
            let drawing = ["--model", model.path, "--class", "hen", "--steps", "6", "--policy", policy]
            for (ranks, isKnown) in [(1, false), (1, true), (2, true)] {
                let outcome = try await run(drawing, ranks: ranks)
                #expect(outcome.errorCount(of: search) == (isKnown ? 0 : 1))
                #expect(outcome.errorCount(of: "the plan that an earlier run found") == (isKnown ? 1 : 0))
            }
            let other = try await run(drawing + ["--guidance", "3"])
            #expect(other.errorCount(of: search) == 1)
        }

        @Test func ofOtherBlocksIsRefused() async throws {
            _ = try await run(["plan", "--model", model.path, "--steps", "4", "--policy", "fora"])
            let text = String(decoding: try place.bytes("plan.json"), as: UTF8.self)
            let shorter = text.replacingOccurrences(of: "CCCCC", with: "CCCC")
                .replacingOccurrences(of: "RRRRR", with: "RRRR")
            try place.write(shorter, to: "plan.json")
            let outcome = try await place.omnicache(
                ["--model", model.path, "--class", "hen", "--plan", "plan.json"])
            #expect(outcome.status == 65)
            #expect(outcome.errorCount(of: "blocks: made for 4, but this run has 5") == 1)
        }

        /// A policy that needs no calibration to choose needs one for its correction.
        @Test(arguments: [1, 2])
        func correctsAnyChoiceOfSteps(ranks: Int) async throws {
            let arguments = [
                "plan", "--model", model.path, "--steps", "12", "--policy", "uniform", "--trajectories", "2",
            ]
            let plain = try await run(arguments + ["--output", "plain.json"], ranks: ranks)
            #expect(plain.errorCount(of: "calibrating") == 0 && plain.errorCount(of: "correction") == 0)
            let corrected = try await run(
                arguments + ["--correction", "previous", "--filter", "on", "--output", "c.json"], ranks: ranks
            )
            #expect(corrected.errorCount(of: "calibrating with 2 trajectories") == 1)
            #expect(
                corrected.errorCount(of: "correction from previous_output, filter lowThenHigh") == 1,
                "\(corrected.errors)")
            let masks = try ["plain.json", "c.json"].map {
                try JSONDecoder().decode(PlanFields.self, from: Data(try place.bytes($0))).mask
            }
            #expect(masks[0] == masks[1])
            let none = try await run(
                ["plan", "--model", model.path, "--steps", "12", "--correction", "none"], ranks: ranks)
            #expect(none.errorCount(of: "planned: 6 of 12 steps computed") == 1)
            #expect(none.errorCount(of: "correction from") == 0)
        }

        /// The paper's policy reuses modules' outputs and filters; told otherwise, it does not.
        @Test func omnicacheReusesModules() async throws {
            struct Fields: Decodable {
                struct Filter: Decodable { let kind: String }
                let reuseOf: String?
                let forecastOrder: Int
                let filter: Filter
            }
            let arguments = [
                "plan", "--model", model.path, "--steps", "12", "--policy", "omnicache", "--trajectories",
                "2",
            ]
            _ = try await run(arguments + ["--output", "m.json"])
            _ = try await run(
                arguments + ["--reuse-of", "residual", "--filter", "off", "--output", "r.json"])
            let plans = try ["m.json", "r.json"].map {
                try JSONDecoder().decode(Fields.self, from: Data(try place.bytes($0)))
            }
            #expect(plans.map(\.reuseOf) == ["modules", nil])
            #expect(plans.map(\.filter.kind) == ["lowThenHigh", "none"])
            #expect(plans.map(\.forecastOrder) == [0, 0])
        }

        @Test(arguments: [
            (["--policy", "uniform", "--filter", "on"], "--filter on: expected a correction to filter"),
            (["--correction", "none", "--filter", "off"], "--filter off: expected a correction to filter"),
            (
                ["--policy", "fora", "--correction", "auto"],
                "--correction auto: policy fora chooses no steps"
            ),
            (["--policy", "easycache", "--correction", "shadow"], "policy easycache chooses no steps"),
            (
                ["--policy", "fora", "--reuse-of", "modules"],
                "--reuse-of modules: policy fora reuses what its paper has it reuse"
            ),
            (
                ["--policy", "magcache", "--reuse-of", "modules"],
                "--reuse-of modules: magcache looks at residuals"
            ),
            (
                ["--policy", "uniform", "--score", "turn"],
                "--score turn: only --policy omnicache chooses by curvature"
            ),
            (["--correction", "best"], "The value 'best' is invalid for '--correction"),
        ])
        func refusesACorrectionOfNothing(_ options: [String], _ message: String) async throws {
            let outcome = try await place.omnicache(
                ["plan", "--model", model.path, "--steps", "12"] + options)
            expectRefusal(outcome, status: 64, saying: [message], place: place)
        }

        @Test func thatReusesNothingSaysSo() async throws {
            let made = try await run([
                "plan", "--model", model.path, "--steps", "8", "--policy", "none", "--output", "p.json",
            ])
            #expect(made.errorCount(of: "none: 8 of 8 steps computed, none reused\n") == 1)
            #expect(made.errorCount(of: "fewer") == 0)
        }

        /// 20 of 60 steps, of which the thirds get halves, two fifths and a tenth.
        @Test func keepsQuotasOfThirds() async throws {
            _ = try await run([
                "plan", "--model", model.path, "--steps", "60", "--policy", "late", "--reuse", "0.334",
                "--quota",
                "0.5,0.4,0.1",
            ])
            let plan = try JSONDecoder().decode(PlanFields.self, from: Data(try place.bytes("plan.json")))
            let thirds = (0..<3).map { third in plan.mask[(20 * third)..<(20 * third + 20)].count { !$0 } }
            #expect(thirds == [10, 8, 2])
        }

        @Test(arguments: ["0.4,0.6", "0,0,0", "0.5,nan,0.5", "inf,1,1", "-0.1,0.5,0.5", "2,1,1", "a,b,c"])
        func refusesQuotasThatAreNoShares(quota: String) async throws {
            let outcome = try await place.omnicache(["plan", "--model", model.path, "--quota=\(quota)"])
            expectRefusal(
                outcome, status: 64,
                saying: ["--quota \(quota): expected three shares from 0 to 1, not all 0, as in 0.4,0.4,0.2"],
                place: place)
        }

        @Test func listsPolicies() async throws {
            let lines = try await run(["plan", "--list"]).output.split(separator: "\n")
            #expect(
                lines.contains { $0.hasPrefix("fora") && $0.contains("modules") && $0.contains("2407.01425") }
            )
            #expect(lines.contains { $0.hasPrefix("planned") && $0.contains("50.0 %") })
            #expect(!FileManager.default.fileExists(atPath: place.path("plan.json")))
        }

        @Test func hasTheFieldsOfTheFormat() async throws {
            _ = try await run(["plan", "--model", model.path, "--steps", "8", "--trajectories", "2"])
            let plan =
                try JSONSerialization.jsonObject(with: Data(try place.bytes("plan.json"))) as? [String: Any]
            let keys = [
                "formatVersion", "policy", "steps", "scheduler", "guidance", "modelHash", "mask", "scores",
                "gamma",
                "filter", "calibration",
            ]
            for key in keys { #expect(plan?[key] != nil, "\(key)") }
            let calibration = plan?["calibration"] as? [String: Any]
            #expect(calibration?["trajectories"] as? Int == 2 && calibration?["seed"] != nil)
            #expect(plan?["formatVersion"] as? Int == 2)
        }

        @Test func isShownByInspect() async throws {
            _ = try await run(
                ["plan", "--model", model.path, "--steps", "8", "--policy", "uniform"])
            let shown = try await run(["inspect", "--plan", "plan.json"])
            #expect(shown.output.contains("8 steps of ddim, leading, epsilon, guidance 4.0"))
            #expect(shown.output.contains("4 of 8 steps computed, 4 reused"))
            #expect(shown.errors.isEmpty)
        }

        /// What a calibration of no trajectory says is nothing: it is made anew.
        @Test func doesNotTakeAnEmptyCalibration() async throws {
            let arguments = ["--model", model.path, "--class", "hen", "--steps", "8"]
            _ = try await run(arguments)
            let files = try FileManager.default.contentsOfDirectory(atPath: place.cache + "/omnicache")
            let kept = "../cache/omnicache/" + (try #require(files.first { $0.hasSuffix("-of-8.json") }))
            let text = String(decoding: try place.bytes(kept), as: UTF8.self)
            #expect(text.contains("\"trajectories\":8"))
            try place.write(
                text.replacingOccurrences(of: "\"trajectories\":8", with: "\"trajectories\":0"), to: kept)
            let second = try await run(arguments)
            #expect(second.errorCount(of: "calibrating with 8 trajectories") == 1)
        }

        /// Another number of trajectories makes another plan, so sample makes the one it would have made anyway.
        @Test func keepsCalibrationsOfOtherTrajectoriesApart() async throws {
            let plan = ["plan", "--model", model.path, "--steps", "8", "--trajectories"]
            for count in ["3", "1"] {
                let made = try await run(plan + [count])
                #expect(made.errorCount(of: "calibrating with \(count) traject") == 1)
            }
            let drawn = try await run(["--model", model.path, "--class", "hen", "--steps", "8"])
            #expect(drawn.errorCount(of: "calibrating with 8 trajectories") == 1)
            #expect(try await run(plan + ["3"]).errorCount(of: "calibrating") == 0)
        }

        /// Configurations and headers are the same, but the weights are not: the calibration is not believed.
        @Test(arguments: [
            "transformer_blocks.0.ff.net.2.weight",
            "transformer_blocks.3.norm1.emb.class_embedder.embedding_table.weight",
        ])
        func doesNotTakeAnotherModelsCalibration(tensor: String) async throws {
            let arguments = ["--model", model.path, "--class", "hen", "--steps", "8"]
            _ = try await run(arguments)
            try model.editWeights { weights in
                let end = weights.tensors[tensor]?.data_offsets[1] ?? 0
                weights.data.replaceSubrange(end - 4..<end, with: [0, 0, 0x80, 0x3f])
            }
            let second = try await run(arguments)
            #expect(second.errorCount(of: "earlier") == 0)
            #expect(second.errorCount(of: "calibrating with 8 trajectories") == 1)
        }

        @Test(arguments: [1, 3])
        func isNotMadeForNowhere(ranks: Int) async throws {
            let outcome = try await place.omnicache(
                ["plan", "--model", model.path, "--output", "nowhere/plan.json"], ranks: ranks)
            expectRefusal(
                outcome, status: 73,
                saying: ["nowhere/plan.json: cannot be written: there is no such folder; create it first"],
                place: place)
        }

        @Test func theBuiltInModelIsLookedAt() async throws {
            let shown = try await run(["inspect"], ranks: 2)
            #expect(shown.output.contains("on 2 ranks    6,6 blocks, at most 15 MiB of f32 block weights"))
        }

        @Test(arguments: ["--trajectories", "--steps"])
        func isNotMadeOfNothing(option: String) async throws {
            let outcome = try await place.omnicache(["plan", "--model", model.path, option, "0"])
            expectRefusal(outcome, status: 64, saying: ["\(option) 0: expected 1"], place: place)
        }

        /// What a run keeps of a model is for the user alone.
        @Test func theCacheIsPrivate() async throws {
            _ = try await run(["--model", model.path, "--class", "hen", "--steps", "8"])
            let folder = place.cache + "/omnicache"
            let kept = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(!kept.isEmpty)
            for (path, mode) in [(folder, 0o700)] + kept.map({ (folder + "/" + $0, 0o600) }) {
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == mode, "\(path)")
            }
        }

        /// A cache that cannot be used costs a calibration and a warning, not the run.
        @Test func runsWithoutACache() async throws {
            try place.write("", to: "../file")
            let outcome = try await place.omnicache(
                ["--model", model.path, "--class", "hen", "--steps", "8"],
                environment: ["XDG_CACHE_HOME": place.path("../file")])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(
                outcome.errorCount(
                    of: "omnicache: warning: calibrations are not kept, and each run makes its own: set "
                        + "XDG_CACHE_HOME=DIR to a folder that can be written (\(place.path("../file"))/omnicache: "
                        + "cannot be written: a part of the path is a file, not a folder; choose another place)"
                )
                    == 1, "\(outcome.errors)")
            #expect(outcome.errorCount(of: "not kept") == 1, "\(outcome.errors)")
            #expect(place.listing() == ["omnicache.png"])
        }
    }
}

/// The part of a plan file that tests look at.
struct PlanFields: Decodable {
    var mask: [Bool]
}
