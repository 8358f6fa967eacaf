import Foundation
import TestSupport
import Testing

extension CommandLineSuite {
    /// Another family of models, from a folder that its converter has written.
    @Suite struct UViTTests {
        private static let model = TinyModel.golden.appendingPathComponent("../sampling/uvit")
            .standardizedFileURL.path

        let place: Workplace

        init() throws { place = try Workplace() }

        @Test func inspectDescribesIt() async throws {
            let outcome = try await place.omnicache(["inspect", "--model", Self.model, "--ranks", "2"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let lines = [
                "\(Self.model): can be used", "UViT, 5 blocks of width 20 (5 heads × 4), 2 long skips",
                "16 + 2 tokens, 8 classes", "latents      4 × 8 × 8", "pictures 16 × 16",
                "dpmsolver++, linspace, epsilon", "3,2 blocks",
            ]
            for line in lines { #expect(outcome.output.contains(line), "\(line)") }
        }

        /// With the guidance that its configuration names, and the policy that is the default for all.
        @Test func drawsTheSameOnAnyNumberOfRanks() async throws {
            var pictures: [[UInt8]] = []
            for ranks in [1, 2, 3] {
                let outcome = try await place.omnicache(
                    ["--model", Self.model, "--class", "3", "--steps", "8", "--quick-calibration"],
                    ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
                pictures.append(try place.bytes("omnicache.png"))
            }
            let picture = try Picture(pictures[0])
            #expect(picture.width == 16 && picture.height == 16)
            #expect(picture.text["Guidance"] == "0.4")
            #expect(picture.text["Scheduler"] == "dpmsolver++")
            #expect(picture.text["Label"] == "crane")
            #expect(Set(pictures).count == 1)
        }

        /// What comes past its blocks is no sum of what their modules add.
        @Test func reusesNoSumsOfModules() async throws {
            let outcome = try await place.omnicache(
                ["--model", Self.model, "--class", "3", "--steps", "6", "--reuse-of", "modules"])
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("--reuse-of modules: "), "\(outcome.errors)")
        }
    }
}
