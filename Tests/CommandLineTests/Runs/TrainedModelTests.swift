import Foundation
import Testing

extension CommandLineSuite {
    /// The trained model of Tests/Models: three heads, 36 tokens and F16 weights, which the tiny ones have not.
    @Suite struct TrainedModelTests {
        static let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Models/shapes").standardizedFileURL.path
        let place: Workplace

        init() throws { place = try Workplace() }

        @Test func saysWhatItIs() async throws {
            let outcome = try await place.omnicache(["inspect", "--model", Self.model])
            #expect(outcome.status == 0, "\(outcome.errors)")
            for part in [
                "8 blocks of width 96 (3 heads × 32)", "36 tokens", "pictures 48 × 48", "labels       12",
            ] {
                #expect(outcome.output.contains(part), "'\(part)' in: \(outcome.output)")
            }
        }

        @Test func severalRanksDrawTheSame() async throws {
            for ranks in [1, 2] {
                let outcome = try await place.omnicache(
                    [
                        "--model", Self.model, "--class", "heart", "tree", "--steps", "6", "--output",
                        "\(ranks).png", "--final-latents", "\(ranks).safetensors",
                    ], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            let alone = try latents(try place.bytes("1.safetensors"))
            #expect(alone.count == 2 * 4 * 12 * 12)
            #expect(alone.allSatisfy { $0.isFinite })
            #expect(alone == (try latents(try place.bytes("2.safetensors"))))
            let picture = try Picture(try place.bytes("1.png"))
            #expect(picture.width >= 2 * 48 && picture.height >= 48)
            #expect(picture.packed == (try Picture(try place.bytes("2.png"))).packed)
        }
    }
}
