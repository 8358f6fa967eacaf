import Foundation
import Testing

extension WaitingSuite {
    /// Hosts that have no model: rank 0 alone has one here.
    @Suite struct WeightsTests {
        private struct Report: Decodable {
            struct Stage: Decodable { var receivedWeightBytes: Int }
            var stages: [Stage]
            var received: [Int] { stages.map(\.receivedWeightBytes) }
        }

        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        /// Starts rank 0 with the model, and the others with the path of none.
        private func run(
            _ arguments: [String], ranks: Int = 3, others: String? = nil
        ) async throws -> Outcome {
            let others = others ?? place.root + "/none"
            var environment = Program.environment
            environment["XDG_CACHE_HOME"] = place.cache
            let command = [Program.path] + arguments + ["--model"]
            return try await start(
                ["mpirun", "--oversubscribe", "-np", "1"] + command + [
                    model.path, ":", "-np", "\(ranks - 1)",
                ]
                    + command + [others],
                in: place.folder, environment: environment)
        }

        private func sample(_ name: String, _ more: String...) -> [String] {
            [
                "sample", "--class", "hen", "tench", "--steps", "6", "--final-latents", name + ".safetensors",
                "--run-report", name + ".json",
            ] + more
        }

        private func latents(_ name: String) throws -> [UInt8] { try place.bytes(name + ".safetensors") }

        private func received(_ name: String) throws -> [Int] {
            try JSONDecoder().decode(Report.self, from: Data(try place.bytes(name + ".json"))).received
        }

        /// What one rank draws of the model.
        private func alone(_ name: String) async throws -> [UInt8] {
            let outcome = try await place.omnicache(sample(name) + ["--model", model.path])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try received(name) == [0])
            return try latents(name)
        }

        @Test(arguments: [2, 3], [["--weights", "auto"], ["--weights", "rank0", "--precision", "f32"]])
        func givenWeightsDrawTheSameBits(ranks: Int, options: [String]) async throws {
            let expected = try await alone("alone")
            let outcome = try await run(sample("given") + options, ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errorCount(of: "rank 0 gives rank") == 1, "\(outcome.errors)")
            #expect(try latents("given") == expected)
            let received = try received("given")
            #expect(received[0] == 0 && received.dropFirst().allSatisfy { $0 > 1000 }, "\(received)")
        }

        /// A rank that has the model reads its own, unless told otherwise.
        @Test(arguments: ["auto", "local", "rank0"]) func ownFilesAreUsed(weights: String) async throws {
            let outcome = try await run(sample("own", "--weights", weights), ranks: 2, others: model.path)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect((try received("own")[1] > 0) == (weights == "rank0"))
            #expect(outcome.errorCount(of: "rank 0 gives") == (weights == "rank0" ? 1 : 0))
        }

        @Test func localDemandsOwnFiles() async throws {
            let outcome = try await run(sample("none", "--weights", "local"))
            expectRefusal(
                outcome, status: 66, saying: ["rank 1 on ", place.root + "/none: no such folder"],
                place: place)
        }

        @Test func aCacheOfOwnFilesIsRefused() async throws {
            let outcome = try await place.omnicache(["--weights", "local", "--weights-cache", "c"])
            expectRefusal(outcome, status: 64, saying: ["leave out --weights local"], place: place)
        }

        /// Plans are made of all ranks' numbers, on rank 0.
        @Test func plansAreTheSameBytes() async throws {
            let options = ["plan", "--steps", "6", "--trajectories", "2", "--output"]
            let one = try await place.omnicache(options + ["one.json", "--model", model.path])
            let three = try await run(options + ["three.json"])
            #expect(one.status == 0 && three.status == 0, "\(one.errors) \(three.errors)")
            #expect(try place.bytes("one.json") == place.bytes("three.json"))
        }

        /// Every rank is given the whole model, and the classifier with it.
        @Test func evaluatesWithGivenWeights() async throws {
            let golden = TinyModel.golden.appendingPathComponent("../evaluation/classifier")
            for file in try FileManager.default.contentsOfDirectory(atPath: golden.path) {
                try FileManager.default.copyItem(at: golden.appendingPathComponent(file), to: model.url(file))
            }
            let options = [
                "evaluate", "--steps", "6", "--policy", "uniform", "--budget", "0.25", "--images", "2",
                "--images-for-statistics", "5", "--npz", "npz", "--output",
            ]
            let one = try await place.omnicache(options + ["one", "--model", model.path])
            let file = try #require(place.listing("npz").first)
            let expected = try place.bytes("npz/" + file)
            try FileManager.default.removeItem(atPath: place.path("npz"))
            let three = try await run(options + ["three"])
            #expect(one.status == 0 && three.status == 0, "\(one.errors) \(three.errors)")
            #expect(try place.bytes("npz/" + file) == expected)
        }

        @Test func truncatedFileOfRank0EndsAllRanks() async throws {
            try model.edit(TinyModel.transformer) { $0.removeLast(100) }
            let outcome = try await run(sample("none"))
            expectRefusal(
                outcome, status: 65, saying: [TinyModel.transformer, "cut short"], place: place)
        }

        // MARK: The cache

        @Test func secondStartSendsNothing() async throws {
            let expected = try await alone("alone")
            let options = ["--weights-cache", place.root + "/kept"]
            let first = try await run(sample("first") + options)
            #expect(first.status == 0, "\(first.errors)")
            #expect(try received("first").dropFirst().allSatisfy { $0 > 0 })
            let second = try await run(sample("second") + options)
            #expect(second.status == 0, "\(second.errors)")
            #expect(
                second.errorCount(of: "ranks 1 and 2 have theirs in the weights cache") == 1,
                "\(second.errors)")
            #expect(try received("second") == [0, 0, 0])
            #expect(try latents("first") == expected)
            #expect(try latents("second") == expected)
        }

        /// The layout is the same, the numbers are not: what was kept belongs to the model of before.
        @Test func rewrittenModelIsGivenAnew() async throws {
            let options = ["--weights-cache", place.root + "/kept"]
            _ = try await run(sample("old") + options)
            try model.edit(TinyModel.transformer) { $0[$0.endIndex - 2] ^= 1 }
            let expected = try await alone("alone")
            let outcome = try await run(sample("new") + options)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try received("new").dropFirst().allSatisfy { $0 > 0 })
            #expect(try latents("new") == expected)
        }

        /// Also while another rank is being given its weights, which would otherwise wait for ever.
        @Test(arguments: [false, true])
        func damagedCacheIsRefusedByName(beside isGiving: Bool) async throws {
            let kept = place.root + "/kept"
            let options = ["--weights-cache", kept]
            _ = try await run(sample("old") + options)
            let folders = try FileManager.default.contentsOfDirectory(atPath: kept)
            let folder = try #require(folders.first)
            if isGiving { try FileManager.default.removeItem(atPath: "\(kept)/\(folders[1])") }
            let file = URL(fileURLWithPath: "\(kept)/\(folder)/\(TinyModel.transformer)")
            var bytes = try Data(contentsOf: file)
            bytes[bytes.endIndex - 1] ^= 1
            try bytes.write(to: file)
            let before = place.listing()
            let outcome = try await run(sample("new") + options)
            expectRefusal(
                outcome, status: 65,
                saying: ["\(kept)/\(folder): damaged weights cache", "remove this folder"],
                place: place, leaving: before)
        }
    }
}
