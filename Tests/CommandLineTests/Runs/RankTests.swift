import Foundation
import Testing

extension CommandLineSuite {
    /// What the number of ranks must not change.
    @Suite struct RankTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        @Test(arguments: ["none", "omnicache", "uniform", "late", "similarity"])
        func latentsAreTheSameBits(policy: String) async throws {
            for ranks in 1...3 {
                try? FileManager.default.removeItem(atPath: place.cache)
                let outcome = try await place.omnicache(
                    [
                        "--model", model.path, "--class", "hen", "tench", "--steps", "8", "--policy", policy,
                        "--final-latents", "\(ranks).safetensors",
                    ], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            let one = try place.bytes("1.safetensors")
            #expect(try place.bytes("2.safetensors") == one)
            #expect(try place.bytes("3.safetensors") == one)
        }

        @Test func anUnevenCutChangesNothing() async throws {
            for (name, cut, ranks) in [("whole", "5", 1), ("cut", "1,3,1", 3)] {
                let outcome = try await place.omnicache(
                    [
                        "--model", model.path, "--class", "hen", "--steps", "3", "--partition", cut,
                        "--decode", "head", "--output", name + ".png",
                    ], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.errorCount(of: "of \(cut) blocks") == 1)
            }
            #expect(try place.bytes("whole.png") == place.bytes("cut.png"))
        }

        /// Every step is computed once to calibrate, whatever the number of ranks, and rank 0 plans.
        @Test func plansAreTheSameBytes() async throws {
            for ranks in [1, 3] {
                let outcome = try await place.omnicache(
                    [
                        "plan", "--model", model.path, "--steps", "8", "--trajectories", "3", "--output",
                        "\(ranks).json",
                    ], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output == "\(ranks).json\n")
            }
            #expect(try place.bytes("1.json") == place.bytes("3.json"))
        }
    }
}
