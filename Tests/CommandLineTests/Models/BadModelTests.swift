import Foundation
import Testing

extension CommandLineSuite {
    @Suite struct BadModelTests {
        let place: Workplace
        init() throws { place = try Workplace() }

        @Test(arguments: BadModel.all, [1, 3])
        func isRefused(_ bad: BadModel, ranks: Int) async throws {
            let model = try TinyModel(in: place)
            try bad.spoil(model)
            let outcome = try await place.omnicache(
                ["--model", model.path, "--class", "tench", "--steps", "4"], ranks: ranks)
            expectRefusal(outcome, status: bad.status, saying: bad.message, place: place)
        }

        @Test(arguments: BadModel.all)
        func isRefusedByInspect(_ bad: BadModel) async throws {
            let model = try TinyModel(in: place)
            try bad.spoil(model)
            let outcome = try await place.omnicache(["inspect", "--model", model.path])
            expectRefusal(outcome, status: bad.status, saying: bad.message, place: place)
        }

        /// Only the arithmetic finds it: the tail at the first step, on whichever rank it is.
        @Test(arguments: ["none", "planned"], [1, 3])
        func notANumberIsFoundAtTheFirstStep(policy: String, ranks: Int) async throws {
            let model = try TinyModel(in: place)
            try model.editWeights { weights in
                let place = weights.tensors["transformer_blocks.2.attn1.to_q.weight"]?.data_offsets[0] ?? 0
                weights.data.replaceSubrange(place..<place + 4, with: [0, 0, 0xc0, 0x7f])
            }
            let outcome = try await place.omnicache(
                ["--model", model.path, "--class", "tench", "--steps", "4", "--policy", policy], ranks: ranks)
            expectRefusal(
                outcome, status: 65, saying: ["rank \(ranks - 1) on ", "not finite at step 0", "checkpoint"],
                place: place)
        }

        /// The decoder runs when all steps are done.
        @Test(arguments: [1, 3])
        func notANumberInTheDecoderIsFound(ranks: Int) async throws {
            let model = try TinyModel(in: place)
            try model.editWeights(TinyModel.autoencoder) { weights in
                let place = weights.tensors["decoder.conv_out.weight"]?.data_offsets[0] ?? 0
                weights.data.replaceSubrange(place..<place + 4, with: [0, 0, 0x80, 0x7f])
            }
            let outcome = try await place.omnicache(
                ["--model", model.path, "--class", "tench", "--steps", "2"], ranks: ranks)
            expectRefusal(
                outcome, status: 65,
                saying: [
                    "the picture of image 0 is not finite", "weights in vae/", "checkpoint",
                ],
                place: place)
        }

        /// Each rank opens the files itself: what rank 0 can read another host may not have.
        @Test func shardsDrawWhatOneFileDraws() async throws {
            let whole = try TinyModel(in: place, named: "whole")
            let cut = try TinyModel(in: place, named: "cut")
            _ = try cut.shard(into: 3)
            for (model, ranks) in [(whole, 1), (cut, 3)] {
                let outcome = try await place.omnicache(
                    [
                        "--model", model.path, "--class", "hen", "--steps", "4", "--policy", "none",
                        "--final-latents", "\(ranks).safetensors",
                    ], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            #expect(try place.bytes("1.safetensors") == place.bytes("3.safetensors"))
        }

        /// Saved again in shards over a single file: as with diffusers the index counts, on each rank, given or read.
        @Test func shardsCountBesideAnOlderFile() async throws {
            let whole = try TinyModel(in: place, named: "whole")
            let both = try TinyModel(in: place, named: "both")
            var old = try WeightFile(try Data(contentsOf: both.url(TinyModel.transformer)))
            old.data = Data(count: old.data.count)
            _ = try both.shard(into: 3)
            try old.encoded().write(to: both.url(TinyModel.transformer))
            for (name, model, ranks, weights) in [
                ("whole", whole, 1, "auto"), ("one", both, 1, "auto"), ("given", both, 3, "rank0"),
            ] {
                let outcome = try await place.omnicache(
                    [
                        "--model", model.path, "--class", "hen", "--steps", "4", "--policy", "none",
                        "--weights",
                        weights, "--final-latents", "\(name).safetensors",
                    ], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            let expected = try latents(place.bytes("whole.safetensors"))
            #expect(try latents(place.bytes("one.safetensors")) == expected)
            #expect(try latents(place.bytes("given.safetensors")) == expected)
        }

        /// A folder of one variant draws what the same files draw without it.
        @Test(arguments: ["fp16", "bf16"]) func aVariantIsRead(variant: String) async throws {
            let model = try TinyModel(in: place)
            func draw(_ name: String) async throws -> [UInt8] {
                let outcome = try await place.omnicache([
                    "--model", model.path, "--class", "hen", "--steps", "2", "--final-latents",
                    name + ".safetensors",
                ])
                #expect(outcome.status == 0, "\(outcome.errors)")
                return try place.bytes(name + ".safetensors")
            }
            let plain = try await draw("plain")
            for file in [TinyModel.transformer, TinyModel.autoencoder] {
                let name = file.replacingOccurrences(of: ".safetensors", with: ".\(variant).safetensors")
                try FileManager.default.moveItem(at: model.url(file), to: model.url(name))
            }
            #expect(try await draw(variant) == plain)
        }
    }
}
