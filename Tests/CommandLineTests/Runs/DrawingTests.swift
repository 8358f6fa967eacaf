import Foundation
import Schedulers
import TestSupport
import Testing

extension CommandLineSuite {
    @Suite struct DrawingTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        private func draw(
            _ arguments: String..., ranks: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> Outcome {
            let outcome = try await place.omnicache(["--model", model.path] + arguments, ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
            return outcome
        }

        @Test(arguments: [1, 3])
        func writesOnePictureAndSaysWhere(ranks: Int) async throws {
            let outcome = try await draw("--class", "hen", "--steps", "4", ranks: ranks)
            #expect(outcome.output == "omnicache.png\n")
            #expect(place.listing() == ["omnicache.png"])
            let picture = try Picture(try place.bytes("omnicache.png"))
            #expect(picture.width == 16 && picture.height == 16)
        }

        @Test func saysInThePictureHowItWasDrawn() async throws {
            _ = try await draw("--class", "tench", "--steps", "4", "--seed", "5", "--policy", "uniform")
            let text = try Picture(try place.bytes("omnicache.png")).text
            #expect(text["Software"] == "omnicache 0.1.0")
            #expect(text["Model"] == model.path)
            #expect(text["Label"] == "tench, Tinca tinca")
            #expect(text["Seed"] == "5")
            #expect(text["Steps"] == "4")
            #expect(text["Guidance"] == "4.0")
            #expect(text["Scheduler"] == "ddim")
            #expect(text["Policy"] == "uniform, 1 of 4 steps reused")
        }

        /// A label wins over a number, and `#` says that a number is meant.
        @Test(arguments: [
            ("tench", "tench, Tinca tinca"), ("tinca TINCA", "tench, Tinca tinca"),
            ("tench, Tinca tinca", "tench, Tinca tinca"), ("7", "7"), ("#7", "ostrich, Struthio camelus"),
            ("3", "crane"),
        ])
        func findsTheClass(named name: String, _ label: String) async throws {
            _ = try await draw("--class", name, "--steps", "1")
            #expect(try Picture(try place.bytes("omnicache.png")).text["Label"] == label)
        }

        @Test func severalImagesMakeAGrid() async throws {
            _ = try await draw("--class", "hen", "--count", "3", "--steps", "1")
            let picture = try Picture(try place.bytes("omnicache.png"))
            #expect(picture.width >= 2 * 16 && picture.height >= 2 * 16)
            #expect(picture.width < 3 * 16)
            #expect(picture.text["Seed"] == "0 1 2")
        }

        @Test(arguments: [1, 3])
        func aFolderGetsOnePictureEach(ranks: Int) async throws {
            let outcome = try await draw(
                "--class", "hen", "tench", "--count", "2", "--steps", "1", "--seed", "9", "--output", "out/",
                ranks: ranks)
            #expect(outcome.output == "out/\n")
            let names = ["0000.png", "0001.png", "0002.png", "0003.png"]
            #expect(place.listing("out") == names)
            let texts = try names.map { try Picture(try place.bytes("out/" + $0)).text }
            #expect(texts.map { $0["Label"] } == ["hen", "hen", "tench, Tinca tinca", "tench, Tinca tinca"])
            #expect(texts.map { $0["Seed"] } == ["9", "10", "11", "12"])
        }

        @Test func aLinkToAFolderIsAFolder() async throws {
            try FileManager.default.createDirectory(
                atPath: place.path("real"), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: place.path("link"), withDestinationPath: "real")
            let outcome = try await draw("--class", "hen", "--steps", "1", "--output", "link")
            #expect(outcome.output == "link\n")
            #expect(place.listing() == ["link", "real", "real/0000.png"])
        }

        /// Its reader waits from the beginning, and gets all of it.
        @Test func aReportGoesIntoAPipe() async throws {
            #expect(mkfifo(place.path("pipe"), 0o600) == 0)
            let script = #"cat pipe > read.json & "$@" && wait"#
            let outcome = try await start(
                [
                    "sh", "-c", script, "sh", Program.path, "--model", model.path, "--class", "hen",
                    "--steps", "1",
                    "--policy", "none", "--run-report", "pipe",
                ], in: place.folder, environment: Program.environment)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let report = try JSONDecoder().decode(ReportFields.self, from: Data(try place.bytes("read.json")))
            #expect(report.totals.images == 1)
        }

        /// A scale up to 1 runs the conditional branch alone; one that may be meant otherwise is spoken of.
        @Test func guidanceBelowOneIsThatOfOne() async throws {
            for scale in ["1", "0.25", "0"] {
                let outcome = try await draw(
                    "--class", "hen", "--steps", "4", "--guidance", scale, "--final-latents",
                    scale + ".safetensors")
                let note = "a scale up to 1 does not guide, so this draws what 1 draws"
                #expect(outcome.errorCount(of: note) == (scale == "1" ? 0 : 1), "\(outcome.errors)")
            }
            let one = try latents(place.bytes("1.safetensors"))
            #expect(try latents(place.bytes("0.25.safetensors")) == one)
            #expect(try latents(place.bytes("0.safetensors")) == one)
        }

        /// A scheduler that was exchanged for another and saved has them in its file.
        @Test func keysThatAnotherSchedulerHasLeftSayNothing() async throws {
            let run = ["--class", "hen", "--steps", "4", "--policy", "none", "--final-latents"]
            let plain = try await place.omnicache(["--model", model.path] + run + ["a.safetensors"])
            try model.configure(
                "scheduler/scheduler_config.json",
                ["interpolation_type": "linear", "timestep_type": "discrete", "skip_prk_steps": true])
            let exchanged = try await place.omnicache(["--model", model.path] + run + ["b.safetensors"])
            #expect(plain.status == 0 && exchanged.status == 0, "\(plain.errors) \(exchanged.errors)")
            #expect(try place.bytes("a.safetensors") == place.bytes("b.safetensors"))
        }

        @Test func drawsWhatDiffusersDraws() async throws {
            struct Golden: Decodable { var latents: [Float] }
            let golden = try JSONDecoder().decode(
                Golden.self, from: Data(contentsOf: TinyModel.golden.appendingPathComponent("golden.json")))
            _ = try await draw(
                "--class", "tench", "--steps", "4", "--seed", "7", "--policy", "none", "--final-latents",
                "final.safetensors")
            let found = try latents(try place.bytes("final.safetensors"))
            #expect(found.count == golden.latents.count)
            let difference = zip(found, golden.latents).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            let norm = golden.latents.reduce(0) { $0 + $1 * $1 }
            #expect((difference / norm).squareRoot() < 1e-4)
        }

        @Test func aWordIsARow() async throws {
            _ = try await draw("--text", "77", "--steps", "1", "--count", "3")
            let picture = try Picture(try place.bytes("omnicache.png"))
            #expect(picture.text["Label"] == "7 | 7 | 7 | 7 | 7 | 7")
            #expect(picture.height > picture.width)
        }

        /// The written latents are final ones: started from, they are other noise, and give the same twice.
        @Test func startsFromGivenLatents() async throws {
            _ = try await draw(
                "--class", "hen", "--steps", "2", "--count", "2", "--final-latents", "a.safetensors")
            for run in ["b", "c"] {
                _ = try await draw(
                    "--class", "hen", "--steps", "2", "--count", "2", "--seed", run == "b" ? "3" : "4",
                    "--initial-latents", "a.safetensors", "--final-latents", run + ".safetensors", "--output",
                    run + ".png", ranks: run == "b" ? 1 : 3)
            }
            let files = try ["a", "b", "c"].map { try latents(try place.bytes($0 + ".safetensors")) }
            #expect(files[1] == files[2])
            #expect(files[0] != files[1])
        }

        /// What the seed draws and what the same numbers from a file give are one picture.
        @Test func givenNoiseIsAsGoodAsTheSeed() async throws {
            _ = try await draw(
                "--class", "hen", "--steps", "3", "--seed", "2", "--final-latents", "seeded.safetensors")
            var generator = TorchGenerator(seed: 2)
            let noise = try WeightFile(latents: generator.normals(4 * 8 * 8), shape: [1, 4, 8, 8])
            try noise.encoded().write(to: URL(fileURLWithPath: place.path("noise.safetensors")))
            _ = try await draw(
                "--class", "hen", "--steps", "3", "--seed", "8", "--initial-latents", "noise.safetensors",
                "--final-latents", "given.safetensors", "--output", "given.png")
            #expect(try place.bytes("seeded.safetensors") == place.bytes("given.safetensors"))
        }
    }
}
