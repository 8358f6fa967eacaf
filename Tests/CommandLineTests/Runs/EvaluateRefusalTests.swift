import Foundation
import TestSupport
import Testing

extension CommandLineSuite {
    /// Evaluations that cannot be.
    @Suite struct EvaluateRefusalTests: EvaluationSuite {
        let evaluation: EvaluationPlace

        init() throws { evaluation = try EvaluationPlace() }

        @Test(arguments: [1, 3])
        func refusesAPlanOfAnotherRun(ranks: Int) async throws {
            let made = try await place.omnicache(
                [
                    "plan", "--model", model.path, "--steps", "9", "--policy", "uniform", "--output",
                    "nine.json",
                ])
            #expect(made.status == 0, "\(made.errors)")
            let outcome = try await evaluate(["--with-plan", "nine.json"], ranks: ranks)
            expectRefusal(
                outcome, status: 65,
                saying: ["nine.json: plan: steps: made for 9, but this run has 8; make a plan"], place: place,
                leaving: ["nine.json"])
        }

        @Test func refusesTwoPlansOfOneName() async throws {
            let made = try await place.omnicache(
                ["plan", "--model", model.path, "--steps", "8", "--policy", "uniform", "--output", "a.json"])
            #expect(made.status == 0, "\(made.errors)")
            let outcome = try await evaluate(["--with-plan", "a.json", "./a.json"])
            expectRefusal(
                outcome, status: 64,
                saying: ["--with-plan: a.json and ./a.json would have one name in the table: rename a file"],
                place: place, leaving: ["a.json"])
        }

        @Test(arguments: [1, 3])
        func refusesTheFolderOfAnotherEvaluation(ranks: Int) async throws {
            #expect(try await evaluate(["--policy", "uniform"]).status == 0)
            let files = place.listing()
            let outcome = try await evaluate(["--policy", "uniform", "--seed", "5"], ranks: ranks)
            expectRefusal(
                outcome, status: 64,
                saying: [
                    "--output out/: holds another evaluation: its --seed is 0, this one's 5",
                    "remove out/state to begin anew",
                ], place: place, leaving: files)
        }

        /// The last number of a file's last tensor: no header tells the two models apart.
        @Test(arguments: [
            (TinyModel.transformer, "its model's weights is"),
            (TinyModel.autoencoder, "its decoder's weights is"),
            ("classifier.safetensors", "its classifier is"),
        ])
        func refusesTheFolderOfAnotherModel(file: String, message: String) async throws {
            #expect(try await evaluate(["--policy", "uniform"]).status == 0)
            let files = place.listing()
            try model.edit(file) { $0[$0.endIndex - 1] ^= 1 }
            let other = try await evaluate(["--policy", "uniform"])
            expectRefusal(other, status: 64, saying: [message], place: place, leaving: files)
        }

        @Test func refusesAStateThatCannotBeRead() async throws {
            #expect(try await evaluate(["--policy", "uniform"]).status == 0)
            try place.write("{", to: "out/state/measures/0.json")
            let outcome = try await evaluate(["--policy", "uniform"])
            expectRefusal(
                outcome, status: 65, saying: ["out/state/measures/0.json: holds no state of an evaluation"],
                place: place, leaving: place.listing())
        }

        /// A file that reads well, but says what cannot be.
        @Test(arguments: [
            ("a judgement of fewer features", "bytes of them"), ("an image too many", "found 100"),
            ("more computed steps", "found \(Int.max)"),
        ])
        func refusesAStateThatContradictsTheRun(change: String, message: String) async throws {
            #expect(try await evaluate(["--policy", "uniform"]).status == 0)
            let file = "out/state/measures/0.json"
            var chunk = try #require(
                try JSONSerialization.jsonObject(with: Data(place.bytes(file))) as? [String: [[String: Any]]])
            let key = try #require(chunk.keys.first { $0.hasPrefix("uniform") })
            switch change {
            case "an image too many": chunk[key]?[0]["image"] = 100
            case "more computed steps": chunk[key]?[0]["computedSteps"] = Int.max
            default:
                let eight = Data(repeating: 0, count: 8).base64EncodedString()
                chunk[key]?[0]["judgement"] = ["isRight": true, "bytes": eight] as [String: Any]
            }
            let bytes = try JSONSerialization.data(withJSONObject: chunk)
            try place.write(String(decoding: bytes, as: UTF8.self), to: file)
            let files = place.listing()
            let outcome = try await evaluate(["--policy", "uniform"])
            expectRefusal(
                outcome, status: 65, saying: [file + ": holds no state of this evaluation", message],
                place: place, leaving: files)
        }

        @Test func refusesAWayThatCannotBeRead() async throws {
            #expect(try await evaluate(["--policy", "uniform"]).status == 0)
            try place.write("{", to: "out/state/ways/uniform-50.json")
            let outcome = try await evaluate(["--policy", "uniform"])
            expectRefusal(
                outcome, status: 65,
                saying: ["out/state/ways/uniform-50.json: holds no state of an evaluation"],
                place: place, leaving: place.listing())
        }

        /// A plan that is not the one that the images were drawn with.
        @Test func refusesAnotherPlanThanItsOwn() async throws {
            #expect(try await evaluate(["--policy", "uniform", "late"]).status == 0)
            let other = String(decoding: try place.bytes("out/state/ways/late-50.json"), as: UTF8.self)
            try place.write(
                other.replacing("late", with: "uniform"), to: "out/state/ways/uniform-50.json")
            let outcome = try await evaluate(["--policy", "uniform", "late"])
            expectRefusal(
                outcome, status: 64, saying: ["out/: holds another evaluation: its plans is "], place: place,
                leaving: place.listing())
        }

        @Test(arguments: [
            (["--budget", "0.5", "0.50"], "--budget 0.5 0.5: expected different shares between 0 and 1"),
            (["--budget", "1.5"], "--budget 1.5: expected different shares"),
            (["--budget", "0.6"], "expected at most 4 reused, found 5"),
            (["--images", "0"], "--images 0: expected 1 to 100000"),
            (["--images-for-statistics", "1000001"], "--images-for-statistics 1000001: expected 0 to"),
            (["--policy", "l2c"], "--policy l2c: its masks are learned elsewhere: make a plan of them"),
            (["--policy", "none"], "--policy none is in every table"),
            (["--policy", "best"], "a policy: expected one of none, planned, omnicache, uniform"),
            (["--policy", "uniform:score=turn"], "score is omnicache's, but the policy is uniform"),
            (["--policy", "fora:max-run=3"], "fora chooses no steps before the run and has none"),
            (["--policy", "teacache:max-run=3"], "teacache chooses no steps before the run and has none"),
            (["--policy", "omnicache:max-run=4"], "max-run: expected 1 to 3, found '4'"),
            (["--policy", "late:filter=on"], "filter on: expected a correction to filter, found none"),
            (["--policy", "late:correction"], "each option once, found 'correction'"),
            (["--policy", "omnicache:filter=on:filter=on"], "each option once, found 'filter=on'"),
            (["--policy", "omnicache:phase=1"], "correction, filter, max-run, reuse-of, found 'phase'"),
            (["--policy", "late:max-run=1", "--budget", "0.5"], "expected at most 3 reused, found 4"),
            (["--policy", "late", "--ablation"], "--ablation says what is compared: leave out --policy"),
            (["--partition", "2,3"], "--partition shares one image's blocks"),
            (["--seed", "2980380665"], "would start from noise that plans are calibrated with"),
            (["--seed", "2980380680"], "would start from noise that plans are calibrated with"),
            // 2³² more: the same noise.
            (["--seed", "7275347961"], "would start from noise that plans are calibrated with"),
            (["--images-dir", "out"], "--output and --images-dir would both write"),
        ])
        func refusesWhatCannotBeEvaluated(_ options: [String], _ message: String) async throws {
            var given = [
                "evaluate", "--model", model.path, "--steps", "9", "--output", "out", "--images", "20",
            ]
            if !options.contains("--budget") { given += ["--budget", "0.3"] }
            let outcome = try await place.omnicache(given + options)
            expectRefusal(outcome, status: 64, saying: [message], place: place)
        }

        /// More than a zip file holds is seen before a day's work, not after it.
        @Test func refusesMoreThanAnArchiveHolds() async throws {
            try model.configure("transformer/config.json", ["sample_size": 2048])
            let outcome = try await evaluate(["--images", "100", "--npz", "arrays"])
            expectRefusal(
                outcome, status: 64,
                saying: ["--npz: 100 pictures of 4096 × 4096 pixels are more than the 4 GB", "draw fewer"],
                place: place)
        }

        @Test func refusesAnOutputThatIsAFile() async throws {
            try place.write("", to: "file")
            let outcome = try await evaluate(["--output", "file"])
            expectRefusal(
                outcome, status: 73, saying: ["file: cannot be written: a part of the path is a file"],
                place: place, leaving: ["file"])
        }
    }
}
