import Foundation
import Testing

extension WaitingSuite {
    /// What the number of ranks must not change.
    @Suite struct RankTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        @Test(arguments: [
            "none", "planned", "omnicache", "uniform", "late", "similarity", "fora", "taylorseer", "goc",
            "smoothcache",
            "deltadit", "magcache", "teacache", "fbcache", "easycache",
        ])
        func latentsAreTheSameBits(policy: String) async throws {
            for ranks in 1...3 {
                try? FileManager.default.removeItem(atPath: place.cache)
                let outcome = try await place.omnicache(
                    [
                        "--model", model.path, "--class", "hen", "tench", "--steps", "8", "--policy", policy,
                        "--quick-calibration", "--final-latents", "\(ranks).safetensors",
                    ], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            let one = try place.bytes("1.safetensors")
            #expect(try place.bytes("2.safetensors") == one)
            #expect(try place.bytes("3.safetensors") == one)
        }

        /// Names of policies with options, and those of another that must draw the same bits.
        @Test(arguments: [
            (["fora", "--interval", "1"], ["none"]), (["taylorseer", "--interval", "1"], ["none"]),
            (["smoothcache", "--threshold", "0"], ["none"]), (["teacache", "--threshold", "0"], ["none"]),
            (["easycache", "--threshold", "0"], ["fbcache", "--threshold", "0"]),
            (["goc", "--gradient", "0", "--interval", "3"], ["fora", "--interval", "3"]),
        ])
        func policiesThatComeToTheSame(_ one: [String], _ other: [String]) async throws {
            for (name, policy, ranks) in [("a", one, 1), ("b", one, 3), ("c", other, 2)] {
                let outcome = try await place.omnicache(
                    [
                        "--model", model.path, "--class", "hen", "--steps", "8", "--final-latents", name,
                        "--policy",
                    ]
                        + policy, ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            #expect(try place.bytes("a") == place.bytes("c"))
            #expect(try place.bytes("b") == place.bytes("c"))
        }

        @Test func anUnevenCutChangesNothing() async throws {
            for (name, cut, ranks) in [("whole", "5", 1), ("cut", "1,3,1", 3), ("measured", "auto", 2)] {
                let outcome = try await place.omnicache(
                    [
                        "--model", model.path, "--class", "hen", "--steps", "3", "--partition", cut,
                        "--decode", "head", "--output", name + ".png",
                    ], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.errorCount(of: "of \(cut) blocks") == (cut == "auto" ? 0 : 1))
            }
            #expect(try place.bytes("whole.png") == place.bytes("cut.png"))
            #expect(try place.bytes("whole.png") == place.bytes("measured.png"))
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
