import Checkpoints
import Failures
import Files
import Foundation
import Testing

private let stem = "part/diffusion_pytorch_model"

private func file(_ tensor: String) -> [UInt8] {
    safetensors(#"{"\#(tensor)":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, [0, 0x3C])
}

private func index(_ map: String) -> [UInt8] { Array(#"{"metadata":{},"weight_map":{\#(map)}}"#.utf8) }

private func message(_ files: [String: [UInt8]]) -> ReadError? {
    #expect(throws: ReadError.self) { _ = try WeightArchive(MemoryTree(files: files), folder: "part") }
}

@Suite(.serialized) struct WeightFolderTests {
    @Test(
        "One file, an index, and their fp16 variants are found",
        arguments: [
            [stem + ".safetensors": file("x")],
            [stem + ".fp16.safetensors": file("x")],
            [stem + ".safetensors.index.json": index(#""x":"s1""#), "part/s1": file("x")],
            [stem + ".safetensors.index.fp16.json": index(#""x":"s1""#), "part/s1": file("x")],
            [stem + ".safetensors": file("x"), stem + ".fp16.safetensors": file("y")],
            [stem + ".safetensors": file("x"), stem + ".bin": [0]],
            [stem + ".bf16.safetensors": file("x")],
            [stem + ".safetensors.index.bf16.json": index(#""x":"s1""#), "part/s1": file("x")],
            [stem + ".safetensors.fp16.index.json": index(#""x":"s1""#), "part/s1": file("x")],
            [stem + ".safetensors.bf16.index.json": index(#""x":"s1""#), "part/s1": file("x")],
            [stem + ".fp16.safetensors": file("x"), stem + ".bf16.safetensors": file("y")],
            // Saved again in shards: the single file is the older one.
            [
                stem + ".safetensors": file("y"), stem + ".safetensors.index.json": index(#""x":"s1""#),
                "part/s1": file("x"),
            ],
            [
                stem + ".fp16.safetensors": file("y"),
                stem + ".safetensors.index.fp16.json": index(#""x":"s1""#), "part/s1": file("x"),
            ],
            [
                stem + ".bf16.safetensors": file("y"),
                stem + ".safetensors.bf16.index.json": index(#""x":"s1""#), "part/s1": file("x"),
            ],
            // What has no variant comes before all that has one.
            [
                stem + ".safetensors": file("x"), stem + ".safetensors.index.fp16.json": index(#""y":"s1""#),
                "part/s1": file("y"),
            ],
        ])
    func found(_ files: [String: [UInt8]]) throws {
        #expect(try WeightArchive(MemoryTree(files: files), folder: "part").names == ["x"])
    }

    @Test("No weights at all are a missing file")
    func missing() {
        let error = message(["part/config.json": []])
        #expect(error?.failureKind == .missingInput)
        #expect(error?.description == "memory/part/diffusion_pytorch_model.safetensors: no such file")
    }

    @Test(
        "Pickles are refused with the command that converts them",
        arguments: ["diffusion_pytorch_model.bin", "diffusion_pytorch_model.bin.index.json", "model.pth"])
    func pickles(_ name: String) {
        let error = message(["part/\(name)": [0x80]])
        #expect(error?.failureKind == .invalidInput)
        #expect(error?.description.contains("only pickled weights (\(name))") == true)
        #expect(
            error?.description.contains(
                "python -c \"from diffusers import DiffusionPipeline as P; p = P.from_pretrained('memory'); "
                    + "p.register_to_config(id2label=P.load_config('memory').get('id2label')); "
                    + "p.save_pretrained('memory-safetensors', safe_serialization=True)\"") == true)
    }

    @Test("README converts by the same line")
    func readme() throws {
        let page = URL(fileURLWithPath: #filePath + "/../../../README.md").standardizedFileURL
        let said = try #require(message(["part/model.bin": [0x80]])?.description)
        let line = try #require(said.split(separator: "\"").dropFirst().first)
            .replacing("'memory-safetensors'", with: "NEW").replacing("'memory'", with: "OLD")
        #expect(try String(contentsOf: page, encoding: .utf8).contains("`\(line)`"), "\(line)")
    }

    @Test("Weights of another variant alone are named")
    func otherVariant() {
        let error = message([stem + ".ema.safetensors": file("x")])
        #expect(error?.failureKind == .missingInput)
        #expect(
            error?.description.hasSuffix(
                "diffusion_pytorch_model.safetensors: no such file; found diffusion_pytorch_model.ema.safetensors, but "
                    + "only the variants fp16 and bf16 are read: give it the name "
                    + "diffusion_pytorch_model.safetensors if it is the one") == true,
            "\(error?.description ?? "")")
    }

    @Test("An index without its shards is not passed over, and a single file beside it is spoken of")
    func indexAlone() {
        let map = index(#""x":"s1""#)
        let alone = message([stem + ".safetensors.index.json": map])
        #expect(alone?.failureKind == .missingInput)
        #expect(
            alone?.description
                == "memory/part/diffusion_pytorch_model.safetensors.index.json: its shard s1 is not "
                + "beside it; fetch or copy all shards")
        let beside = message([stem + ".safetensors.index.json": map, stem + ".safetensors": file("x")])
        #expect(
            beside?.description.hasSuffix(
                "s1 is not beside it; diffusion_pytorch_model.safetensors is not read beside an index: remove the "
                    + "index if that file is the model") == true)
    }

    @Test(
        "What stands in place of weights or JSON is called by its name, with the remedy",
        arguments: [
            (
                "version https://git-lfs.github.com/spec/v1\noid sha256:1f\nsize 2700\n",
                "found a Git LFS pointer, which only names the file: fetch it with 'git lfs pull'"
            ),
            ("<!DOCTYPE html>\n<html>", "found a web page: download the file itself"),
            ("\n <html class=\"\">", "found a web page: download the file itself"),
            ("PK\u{3}\u{4}archive/data.pkl", "found a zip archive, as torch.save writes it: save"),
            ("Entry not found", "found a text, \"Entry not found\": fetch the file again"),
        ])
    func standIns(_ text: String, _ found: String) {
        let weights = message([stem + ".safetensors": Array(text.utf8)])
        #expect(weights?.failureKind == .invalidInput)
        #expect(
            weights?.description.contains("model.safetensors: expected a safetensors file, " + found) == true,
            "\(weights?.description ?? "")")
        let json = message([stem + ".safetensors.index.json": Array(text.utf8)])
        let expected =
            text.hasPrefix("E") ? "not JSON: expected a value at byte 0" : "expected JSON, " + found
        #expect(json?.description.contains(".index.json: " + expected) == true, "\(json?.description ?? "")")
    }

    @Test("An index that names a file elsewhere, none, or no tensors is refused")
    func hostileIndex() {
        for (map, text) in [
            (#""x":"../s1""#, "\"../s1\" is no file beside the index"),
            (#""x":"/etc/passwd""#, "is no file beside the index"),
            (#""x":"..""#, "is no file beside the index"),
            (#""x":3"#, "3 is no file beside the index"),
            ("", "weight_map names no tensor"),
            (#""x":"s1","x":"s1""#, "occurs twice"),
            (#""x":"s1","y":"s1""#, "tensor y is not in s1, where the index has it"),
        ] {
            let error = message([stem + ".safetensors.index.json": index(map), "part/s1": file("x")])
            #expect(error?.failureKind == .invalidInput)
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
        }
        let error = message([stem + ".safetensors.index.json": Array("[1]".utf8)])
        #expect(error?.description.contains("expected an object with weight_map") == true)
    }

    @Test("A shard that is missing, broken, or holds what another holds is an error")
    func brokenShards() {
        let map = index(#""x":"s1","y":"s2""#)
        let name = stem + ".safetensors.index.json"
        #expect(message([name: map, "part/s1": file("x")])?.failureKind == .missingInput)
        let cut = message([name: map, "part/s1": file("x"), "part/s2": file("y").dropLast()])
        #expect(cut?.description.contains("memory/part/s2: tensor y: its bytes end at 2") == true)
        let twice = message([name: map, "part/s1": file("x"), "part/s2": file("x")])
        #expect(twice?.description.contains("tensor x is also in memory/part/s1") == true)
    }
}
