import Checkpoints
import Files
import Tensors
import Testing

/// x: F32 [rows, 3], counting from 0; y: I64 [1].
private func counting(rows: Int) -> [UInt8] {
    let numbers = (0..<rows * 3).map { Float($0).bitPattern }
    let end = numbers.count * 4
    return safetensors(
        """
        {"x":{"dtype":"F32","shape":[\(rows),3],"data_offsets":[0,\(end)]},\
        "y":{"dtype":"I64","shape":[1],"data_offsets":[\(end),\(end + 8)]}}
        """, littleEndian(numbers) + Array(repeating: 0, count: 8))
}

@Suite(.serialized) struct WeightArchiveTests {
    @Test("Shards that Python wrote hold the numbers that torch sees, in F32, F16 and BF16")
    func shards() throws {
        let archive = try WeightArchive(DirectoryTree(goldens + "/shards"), folder: "part")
        let expected = try Goldens.load().shards
        #expect(archive.names == (Array(expected.keys) + ["steps"]).sorted())
        for (name, golden) in expected {
            let tensor = try archive.read(name, shape: golden.shape)
            #expect(tensor.shape == golden.shape)
            #expect(tensor.values == golden.values, "\(name)")
        }
    }

    @Test("A tensor is read into the rows of another that are given")
    func readsIntoRows() throws {
        let archive = try WeightArchive(MemorySource(name: "f", counting(rows: 2)))
        let whole = Tensor(zeros: [5, 3])
        try archive.read("x", into: whole.rows(1..<3))
        #expect(whole.values == [0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0])
        #expect(throws: ReadError.self) { try archive.read("x", into: whole.rows(1..<4)) }
    }

    @Test("Only the bytes of the tensor are read")
    func readsOnlyTheTensor() throws {
        // All but x, which comes first, lies beyond what this file can deliver.
        let bytes = counting(rows: 7)
        let data = bytes.count - 8 - 7 * 12
        let source = PartialSource(bytes, readable: [0..<data, data..<data + 84])
        let archive = try WeightArchive(source)
        #expect(try archive.read("x", shape: [7, 3]).values == (0..<21).map(Float.init))
        let short = try WeightArchive(PartialSource(bytes, readable: [0..<data, data..<data + 83]))
        #expect(throws: ReadError.self) { _ = try short.read("x", shape: [7, 3]) }
    }

    @Test("A tensor of several pieces is read whole", arguments: ["F32", "F16", "BF16"])
    func pieces(_ type: String) throws {
        // More than 2 MiB and not a multiple of a piece.
        let count = type == "F32" ? 600_001 : 1_200_001
        let halves = (0..<count).map { UInt16($0 % 4001) &+ 0x3000 }
        let data =
            type == "F32" ? littleEndian((0..<count).map { Float($0).bitPattern }) : littleEndian(halves)
        let archive = try WeightArchive(
            MemorySource(
                name: "f",
                safetensors(
                    #"{"x":{"dtype":"\#(type)","shape":[\#(count)],"data_offsets":[0,\#(data.count)]}}"#, data
                )))
        let values = try archive.read("x", shape: [count]).values
        let expected = (0..<count).map { index in
            switch type {
            case "F32": Float(index)
            case "F16": Float(Float16(bitPattern: halves[index]))
            default: Float(bitPattern: UInt32(halves[index]) << 16)
            }
        }
        #expect(values == expected)
        var hash = ContentHash()
        hash.add(data)
        #expect(archive.contentHashes == ["x": hash.value])
    }

    @Test("1×1 kernels and matrices are one layer, other shapes are not")
    func unitAxes() throws {
        let archive = try WeightArchive(DirectoryTree(goldens + "/shards"), folder: "part")
        #expect(try archive.read("b.weight", shape: [17, 2]).shape == [17, 2])
        #expect(try archive.read("a.weight", shape: [5, 3, 1, 1]).shape == [5, 3, 1, 1])
        for shape in [[3, 5], [15], [5, 3, 1], [1, 1, 5, 3]] {
            let error = #expect(throws: ReadError.self) {
                _ = try archive.read("a.weight", shape: shape)
            }
            #expect(error?.description.contains("expected shape \(shape), found [5, 3]") == true)
        }
    }

    @Test("A tensor that is missing or of another format is an error when it is read, not before")
    func unreadable() throws {
        let archive = try WeightArchive(MemorySource(name: "f", counting(rows: 1)))
        #expect(try archive.shape(of: "y") == [1])
        let format = #expect(throws: ReadError.self) { _ = try archive.read("y", shape: [1]) }
        #expect(format?.description == "f: tensor y: stored as I64; supported are F32, F16 and BF16")
        let missing = #expect(throws: ReadError.self) { _ = try archive.read("z", shape: [1]) }
        #expect(missing?.description.hasPrefix("f: tensor z is missing") == true)
    }

    @Test("What is required is checked at once")
    func requirements() throws {
        let archive = try WeightArchive(MemorySource(name: "f", counting(rows: 2)))
        try archive.require(exactly: ["x": [2, 3]]) { $0 == "y" }
        let error = #expect(throws: ReadError.self) {
            try archive.require(exactly: ["x": [3, 2], "p": [1], "q": [1], "r": [1], "s": [1]]) { _ in false }
        }
        #expect(
            error?.description == """
                f: 4 tensors are missing (p, q, r, ...); 1 tensor is not of this model (y); \
                1 tensor is of another shape (x: expected [3, 2], found [2, 3]); \
                does config.json belong to these weights?
                """)
        let format = #expect(throws: ReadError.self) {
            try archive.require(exactly: ["x": [2, 3], "y": [1]]) { _ in false }
        }
        #expect(format?.description.contains("1 tensor is neither F32 nor F16 nor BF16 (y is I64)") == true)
    }

    @Test("Only tensors that were read have a hash")
    func hashes() throws {
        let archive = try WeightArchive(MemorySource(name: "f", counting(rows: 5)))
        #expect(archive.contentHashes.isEmpty)
        _ = try archive.read("x", shape: [5, 3])
        var hash = ContentHash()
        hash.add(littleEndian((0..<15).map { Float($0).bitPattern }))
        #expect(archive.contentHashes == ["x": hash.value])
    }

    @Test("The header's hash follows the layout and not the numbers")
    func headerHash() throws {
        var bytes = counting(rows: 4)
        let first = try WeightArchive(MemorySource(name: "f", bytes)).headerHash
        bytes[bytes.count - 1] = 1
        #expect(try WeightArchive(MemorySource(name: "g", bytes)).headerHash == first)
        #expect(try WeightArchive(MemorySource(name: "f", counting(rows: 3))).headerHash != first)
    }

    @Test("Old names of a VAE's attention read as today's, and no others change")
    func attentionNames() throws {
        let old = ["query.weight", "key.bias", "value.weight", "proj_attn.bias", "group_norm.bias"]
        let names = old.map { "decoder.mid_block.attentions.0." + $0 } + ["other.0.key.weight"]
        let fields = names.enumerated().map { index, name in
            #""\#(name)":{"dtype":"F16","shape":[1],"data_offsets":[\#(index * 2),\#(index * 2 + 2)]}"#
        }
        let data = [UInt8](repeating: 0, count: names.count * 2)
        let file = safetensors("{" + fields.joined(separator: ",") + "}", data)
        let new = ["group_norm.bias", "to_k.bias", "to_out.0.bias", "to_q.weight", "to_v.weight"]
        #expect(
            try WeightArchive(MemorySource(name: "f", file)).names
                == new.map { "decoder.mid_block.attentions.0." + $0 } + ["other.0.key.weight"])
    }
}

/// A file of which only some bytes can be read.
private struct PartialSource: ByteSource {
    let name = "partial"
    let contents: MemorySource
    let readable: [Range<Int>]
    var byteCount: Int { contents.byteCount }

    init(_ bytes: [UInt8], readable: [Range<Int>]) {
        contents = MemorySource(name: "partial", bytes)
        self.readable = readable
    }

    func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(ReadError) {
        guard
            readable.contains(where: {
                $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound
            })
        else { throw ReadError(.invalid, "partial: bytes \(range)") }
        try contents.read(range, into: target)
    }
}
