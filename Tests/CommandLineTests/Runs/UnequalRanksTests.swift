import Foundation
import Testing

extension WaitingSuite {
    /// Two ranks that were started differently, or hold different models, in one run.
    @Suite struct UnequalRanksTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        /// Starts rank 0 with `first` and rank 1 with `second`, of another program if one is given.
        private func both(
            _ first: [String], _ second: [String], program: String = Program.path
        ) async throws -> Outcome {
            var environment = Program.environment
            environment["XDG_CACHE_HOME"] = place.cache
            return try await start(
                ["mpirun", "--oversubscribe", "-np", "1", Program.path] + first
                    + [":", "-np", "1", program] + second,
                in: place.folder, environment: environment)
        }

        private func sample(_ model: TinyModel, _ more: String...) -> [String] {
            ["--model", model.path, "--class", "hen", "--steps", "4", "--policy", "none"] + more
        }

        @Test(arguments: [
            ["--precision", "bf16"], ["--in-flight", "1"], ["--no-such-option"], ["--help"],
        ])
        func anotherOptionIsRefused(option: [String]) async throws {
            for (first, second) in [([], option), (option, [])] {
                let outcome = try await both(
                    sample(model) + first, sample(model) + second)
                expectRefusal(
                    outcome, status: 64,
                    saying: ["rank 1 on ", "was started with", option[0], "start all ranks with the same"],
                    place: place)
            }
        }

        @Test func anotherCommandIsRefused() async throws {
            let outcome = try await both(sample(model), ["inspect", "--model", model.path])
            expectRefusal(
                outcome, status: 64, saying: ["rank 1 on ", "was started with 'inspect --model'"],
                place: place)
        }

        /// What may differ between ranks may be wrong on one of them.
        @Test(arguments: [
            (["--threads", "0"], "--threads 0: expected 1 to 1024"), (["--threads", "x"], "The value 'x'"),
        ])
        func aWrongOptionOfOneRankEndsBoth(_ wrong: [String], message: String) async throws {
            for (place, (first, second)) in [(wrong, ["--threads", "1"]), (["--threads", "1"], wrong)]
                .enumerated()
            {
                let outcome = try await both(sample(model) + first, sample(model) + second)
                expectRefusal(
                    outcome, status: 64, saying: ["rank \(place) on ", message], place: self.place)
            }
        }

        /// Hosts may keep one model in different places, and have different cores.
        @Test func anotherPlaceAndOtherThreadsAreNot() async throws {
            let copy = try TinyModel(in: place, named: "copy")
            let outcome = try await both(
                sample(model, "--threads", "1"), sample(copy, "--threads", "2"))
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == "omnicache.png\n")
        }

        @Test func anotherConfigurationIsRefused() async throws {
            let other = try TinyModel(in: place, named: "other")
            try other.configure("scheduler/scheduler_config.json", ["beta_end": 0.03])
            let outcome = try await both(sample(model), sample(other))
            expectRefusal(
                outcome, status: 64, saying: ["rank 1 on ", "has another model than rank 0"], place: place)
        }

        /// Headers and configurations are equal, and so is all that two ranks read: the last block differs.
        @Test func aModelTrainedFurtherIsRefused() async throws {
            let other = try TinyModel(in: place, named: "other")
            try model.editWeights { _ in }
            try other.editWeights { weights in
                let range = weights.tensors["transformer_blocks.4.ff.net.2.weight"]?.data_offsets ?? [0, 0]
                for byte in range[0]..<range[1] { weights.data[byte] ^= 1 }
            }
            let outcome = try await both(sample(model), sample(other))
            expectRefusal(
                outcome, status: 64, saying: ["rank 1 on ", "has another model than rank 0"], place: place)
        }

        /// The program with another build ID, where the linker has noted one.
        @Test func anotherBuildIsRefused() async throws {
            let other = try Program.ofAnotherBuild(in: place)
            let outcome = try await both(sample(model), sample(model), program: other)
            expectRefusal(
                outcome, status: 64,
                saying: ["rank 1 on ", "is omnicache 0.1.0, build ", "copy one program to all hosts"],
                place: place)
        }

        /// Headers and configurations are equal: what both ranks read is not.
        @Test(arguments: [
            "transformer_blocks.0.norm1.emb.class_embedder.embedding_table.weight",
            "transformer_blocks.0.norm1.emb.timestep_embedder.linear_1.weight", "pos_embed.proj.weight",
        ])
        func otherNumbersAreRefused(tensor: String) async throws {
            let other = try TinyModel(in: place, named: "other")
            // Both are written anew: the layout of a file is compared as well.
            try model.editWeights { _ in }
            try other.editWeights { weights in
                let end = weights.tensors[tensor]?.data_offsets[1] ?? 0
                weights.data[end - 2] ^= 1
            }
            let outcome = try await both(sample(model), sample(other))
            expectRefusal(
                outcome, status: 65,
                saying: [
                    "ranks 0 on ", " and 1 on ", "have read different numbers of",
                    "copy one model to all hosts",
                ],
                place: place)
        }

        /// Each rank decodes one of two images, so each has read the whole decoder.
        @Test func anotherDecoderIsRefused() async throws {
            let other = try TinyModel(in: place, named: "other")
            // In a weight of a convolution, where the sample that is compared first does not look.
            try other.edit(TinyModel.autoencoder) { $0[$0.endIndex - 160] ^= 1 }
            let outcome = try await both(sample(model, "--count", "2"), sample(other, "--count", "2"))
            expectRefusal(
                outcome, status: 65,
                saying: [
                    "ranks 0 on ", " and 1 on ", "have read different numbers of",
                    "in vae/: copy one model to all",
                ],
                place: place)
        }

        @Test func anotherClassifierIsRefused() async throws {
            let classifier = "classifier.safetensors"
            let golden = TinyModel.golden.appendingPathComponent("../evaluation/classifier/" + classifier)
            let other = try TinyModel(in: place, named: "other")
            for model in [model, other] {
                try FileManager.default.copyItem(at: golden, to: model.url(classifier))
            }
            try other.edit(classifier) { $0[$0.endIndex - 1] ^= 1 }
            let options = ["--steps", "4", "--policy", "uniform", "--budget", "0.25"]
            let outcome = try await both(
                ["evaluate", "--model", model.path] + options, ["evaluate", "--model", other.path] + options)
            expectRefusal(
                outcome, status: 64, saying: ["rank 1 on ", "has another classifier than rank 0"],
                place: place)
        }
    }
}
