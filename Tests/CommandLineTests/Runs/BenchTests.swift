import Foundation
import Testing

extension CommandLineSuite {
    /// That benchmarks run and say what they should; how fast anything is, no test says.
    @Suite struct BenchTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        @Test(arguments: [1, 2])
        func gemmTellsOfEveryRank(ranks: Int) async throws {
            let outcome = try await bench(["gemm", "--threads", "1"], ranks: ranks)
            let lines = ["query, key, value, 2×16×8×24", "feed-forward, out, 2×16×32×8", "matrix rate f32: "]
            for line in lines {
                #expect(outcome.output.components(separatedBy: line).count == ranks + 1, "\(outcome.output)")
            }
            #expect(outcome.output.contains("openblas f32: "))
        }

        /// Of the configuration's sizes no memory is taken that the tensors do not have.
        @Test(arguments: [1, 2])
        func gemmTrustsNoConfiguration(ranks: Int) async throws {
            try model.configure(
                "transformer/config.json", ["num_attention_heads": 65536, "attention_head_dim": 256])
            let outcome = try await place.omnicache(
                ["bench", "gemm", "--model", model.path, "--threads", "1"], ranks: ranks)
            expectRefusal(outcome, status: 65, saying: ["of another shape", "config.json"], place: place)
        }

        @Test(arguments: [1, 3])
        func stepShowsComputedAndReused(ranks: Int) async throws {
            let outcome = try await bench(["step", "--threads", "1", "--repeats", "2"], ranks: ranks)
            #expect(outcome.output.contains("one guided step of one image on \(ranks) rank"))
            for row in ["\ncomputed  ", "\nreused    "] {
                #expect(outcome.output.components(separatedBy: row).count == 2, "\(outcome.output)")
            }
        }

        @Test func linkShowsEveryPair() async throws {
            let outcome = try await bench(["link", "--threads", "1"], ranks: 3)
            for pair in ["0–1 ", "0–2 ", "1–2 "] {
                #expect(outcome.output.components(separatedBy: "\n" + pair).count == 2, "\(outcome.output)")
            }
        }

        @Test func linkNeedsTwoRanks() async throws {
            let outcome = try await place.omnicache(["bench", "link", "--model", model.path])
            expectRefusal(
                outcome, status: 64,
                saying: ["a link needs two ranks: start it as mpirun -np 2 omnicache bench link"],
                place: place)
        }

        @Test(arguments: [1, 2])
        func decodeTellsOfEveryRank(ranks: Int) async throws {
            let outcome = try await bench(["decode", "--threads", "1"], ranks: ranks)
            #expect(outcome.output.contains("pictures of 16 × 16, 1 thread\n"))
            for rank in 0..<ranks { #expect(outcome.output.contains("\n\(rank) on ")) }
        }

        @Test(arguments: [1, 3])
        func scalingMeasuresGroupsOfDoublings(ranks: Int) async throws {
            let outcome = try await bench(
                [
                    "scaling", "--threads", "1", "--images", "3", "--steps", "8", "--repeats", "1",
                    "--output",
                    "scaling/",
                ], ranks: ranks)
            #expect(place.listing() == ["scaling", "scaling/scaling.json", "scaling/scaling.svg"])
            struct Report: Decodable {
                struct Measured: Decodable { var activationBytes: Int }
                struct Row: Decodable {
                    var mode: String
                    var ranks: Int
                    var images: Int
                    var computedSteps: Int
                    var measured: Measured
                    var predicted: Measured
                }
                var rows: [Row]
                var verdicts: [String]
            }
            let report = try JSONDecoder().decode(
                Report.self, from: Data(try place.bytes("scaling/scaling.json")))
            let groups = ranks == 1 ? [1] : [1, 2, 3]
            let strong = report.rows.filter { $0.mode == "strong" }
            #expect(strong.map(\.ranks) == groups + groups)
            #expect(strong.allSatisfy { $0.images == 3 })
            #expect(
                report.rows.filter { $0.mode == "weak" }.map(\.images).prefix(ranks)
                    == [3 / ranks, 2, 3].prefix(ranks))
            #expect(Set(strong.map(\.computedSteps)) == [4, 8])
            for row in report.rows {
                let bytes = row.computedSteps * (row.ranks - 1) * 2 * row.images * 16 * 8 * 4
                #expect(row.measured.activationBytes == bytes && row.predicted.activationBytes == bytes)
            }
            #expect(report.verdicts.count == 2)
            #expect(outcome.output.contains(report.verdicts[0]))
            #expect(outcome.output.hasSuffix("scaling/scaling.json\nscaling/scaling.svg\n"))
        }

        @Test(arguments: [1, 2])
        func predictGoesAsFarAsThereAreBlocks(ranks: Int) async throws {
            let outcome = try await bench(
                ["predict", "--ranks", "1..64", "--link", "10gbit", "--latency", "20us"], ranks: ranks)
            #expect(outcome.output.contains("link 1250 MB/s, 20.0 µs"))
            #expect(outcome.output.contains("5 blocks serve no more than as many ranks"))
            for count in ["1", "2", "4", "5"] {
                #expect(
                    outcome.output.components(separatedBy: "\n\(count)           4").count == 3,
                    "\(outcome.output)")
            }
            #expect(outcome.output.contains("there is no block for another host"))
        }

        @Test(arguments: [
            (["predict", "--ranks", "0"], "invalid for '--ranks"),
            (["predict", "--ranks", "4..1"], "invalid for '--ranks"),
            (["predict", "--link", "fast"], "invalid for '--link"),
            (["predict", "--latency", "-1us"], "'--latency"),
            (["scaling", "--repeats", "0"], "--repeats 0: expected 1 to 1000"),
            (["scaling", "--images", "0"], "--images 0: expected 1 to 10000"),
            (["step", "--shape", "DiT-M/2"], "'DiT-M/2' is invalid for '--shape"),
            (["step", "--shape", "DiT-S/8"], "--shape and --model both say what to measure"),
            (["gemm", "--threads", "0"], "--threads 0: expected 1 to 1024"),
        ])
        func isRefused(_ arguments: [String], saying message: String) async throws {
            let outcome = try await place.omnicache(["bench"] + arguments + ["--model", model.path])
            expectRefusal(outcome, status: 64, saying: [message], place: place)
        }

        @Test func anOutputThatCannotBeIsRefusedFirst() async throws {
            let outcome = try await place.omnicache(
                ["bench", "scaling", "--model", model.path, "--output", "/proc/none/"])
            expectRefusal(outcome, status: 73, saying: ["/proc/none"], place: place)
        }

        @Test(arguments: ["scaling", "predict"])
        func aSecondRunInOneFolderIsRefused(command: String) async throws {
            let lock = try place.lock("taken")
            let outcome = try await place.omnicache(
                ["bench", command, "--model", model.path, "--output", "taken"])
            expectRefusal(
                outcome, status: 73, saying: ["taken: process 12 on host-3 writes there; wait for it"],
                place: place, leaving: ["taken", "taken/.omnicache.lock"])
            close(lock)
        }

        private func bench(
            _ arguments: [String], ranks: Int = 1, environment: [String: String] = [:]
        ) async throws -> Outcome {
            let outcome = try await place.omnicache(
                ["bench"] + arguments + ["--model", model.path], ranks: ranks, environment: environment)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return outcome
        }
    }
}
