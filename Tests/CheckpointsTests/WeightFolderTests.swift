import Checkpoints
import Testing

private let stem = "part/diffusion_pytorch_model"

private func file(_ tensor: String) -> [UInt8] {
    safetensors(#"{"\#(tensor)":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, [0, 0x3C])
}

private func index(_ map: String) -> [UInt8] { Array(#"{"metadata":{},"weight_map":{\#(map)}}"#.utf8) }

private func message(_ files: [String: [UInt8]]) -> CheckpointError? {
    #expect(throws: CheckpointError.self) { _ = try WeightArchive(MemoryTree(files: files), folder: "part") }
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
        ])
    func found(_ files: [String: [UInt8]]) throws {
        #expect(try WeightArchive(MemoryTree(files: files), folder: "part").names == ["x"])
    }

    @Test("No weights at all are a missing file")
    func missing() {
        let error = message(["part/config.json": []])
        #expect(error?.status == 66)
        #expect(error?.description == "memory/part/diffusion_pytorch_model.safetensors: no such file")
    }

    @Test(
        "Pickles are refused with the command that converts them",
        arguments: ["diffusion_pytorch_model.bin", "diffusion_pytorch_model.bin.index.json", "model.pth"])
    func pickles(_ name: String) {
        let error = message(["part/\(name)": [0x80]])
        #expect(error?.status == 65)
        #expect(error?.description.contains("only pickled weights (\(name))") == true)
        #expect(
            error?.description.contains(
                "python -c \"from diffusers import DiTPipeline; DiTPipeline.from_pretrained('memory')"
                    + ".save_pretrained('memory-safetensors', safe_serialization=True)\"") == true)
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
            #expect(error?.status == 65)
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
        }
        let error = message([stem + ".safetensors.index.json": Array("[1]".utf8)])
        #expect(error?.description.contains("expected an object with weight_map") == true)
    }

    @Test("A shard that is missing, broken, or holds what another holds is an error")
    func brokenShards() {
        let map = index(#""x":"s1","y":"s2""#)
        let name = stem + ".safetensors.index.json"
        #expect(message([name: map, "part/s1": file("x")])?.status == 66)
        let cut = message([name: map, "part/s1": file("x"), "part/s2": file("y").dropLast()])
        #expect(cut?.description.contains("memory/part/s2: tensor y: its bytes end at 2") == true)
        let twice = message([name: map, "part/s1": file("x"), "part/s2": file("x")])
        #expect(twice?.description.contains("tensor x is also in memory/part/s1") == true)
    }
}
