import Checkpoints
import Failures
import Files
import Tensors
import Testing

/// A file that must be refused, and a part of the message that says why.
struct HostileFile: Sendable, CustomTestStringConvertible {
    var what: String
    var bytes: [UInt8]
    var message: String
    var testDescription: String { what }
}

private func one(_ fields: String, _ data: Int = 4) -> [UInt8] {
    safetensors("{\"x\":{\(fields)}}", Array(repeating: 0, count: data))
}

private let hostileFiles = [
    HostileFile(what: "empty", bytes: [], message: "0 bytes are no safetensors file"),
    HostileFile(what: "seven bytes", bytes: [1, 2, 3, 4, 5, 6, 7], message: "7 bytes are no safetensors"),
    HostileFile(
        what: "header longer than the file", bytes: Array(safetensors("{\"x\":{}}", []).dropLast()),
        message: "the header is 8 bytes long, but the file has 15"),
    HostileFile(
        what: "header of 2^63 bytes", bytes: [0, 0, 0, 0, 0, 0, 0, 0x80, 0x7B],
        message: "beyond the format's limit"),
    HostileFile(
        what: "header of 100 MB and one", bytes: littleEndian([UInt64(100_000_001)]) + [0x7B],
        message: "beyond the format's limit"),
    HostileFile(
        what: "not JSON", bytes: safetensors("{\"x\"", []), message: "not JSON: expected ':' at byte 4"),
    HostileFile(what: "an array", bytes: safetensors("[]", []), message: "does not begin with '{'"),
    HostileFile(what: "no header", bytes: safetensors("", []), message: "does not begin with '{'"),
    HostileFile(
        what: "text after the header", bytes: safetensors("{} {}", []),
        message: "expected the end of the text"),
    HostileFile(
        what: "not UTF-8",
        bytes: littleEndian([UInt64(6)]) + [0x7B, 0x22, 0xFF, 0xC0, 0x22, 0x7D], message: "not UTF-8"),
    HostileFile(
        what: "a name twice",
        bytes: safetensors(
            """
            {"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},\
            "x":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}}
            """, [0, 0, 0, 0]), message: "the name \"x\" occurs twice"),
    HostileFile(
        what: "nested without end",
        bytes: safetensors("{\"x\":" + String(repeating: "[", count: 100_000), []),
        message: "nested deeper"),
    HostileFile(
        what: "a tensor that is a number", bytes: safetensors("{\"x\":3}", []),
        message: "tensor x: expected dtype, shape and data_offsets, found 3"),
    HostileFile(
        what: "no shape", bytes: one(#""dtype":"F32","data_offsets":[0,4]"#),
        message: "tensor x: expected dtype"),
    HostileFile(
        what: "unknown dtype", bytes: one(#""dtype":"F37","shape":[1],"data_offsets":[0,4]"#),
        message: "dtype \"F37\" is none that the format knows"),
    HostileFile(
        what: "negative extent", bytes: one(#""dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]"#),
        message: "shape [-1, -1]"),
    HostileFile(
        what: "fractional extent", bytes: one(#""dtype":"F32","shape":[0.5,2],"data_offsets":[0,4]"#),
        message: "shape [0.5, 2]"),
    HostileFile(
        what: "an extent beyond 64 bits",
        bytes: one(#""dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]"#),
        message: "is not a list of whole numbers"),
    HostileFile(
        what: "a product that overflows",
        bytes: one(#""dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]"#),
        message: "the product of shape [4294967296, 4294967296] overflows"),
    HostileFile(
        what: "a product that overflows to the right size",
        bytes: one(#""dtype":"F16","shape":[4611686018427387905,4],"data_offsets":[0,8]"#, 8),
        message: "overflows"),
    HostileFile(
        what: "offsets backwards", bytes: one(#""dtype":"F32","shape":[1],"data_offsets":[4,0]"#),
        message: "data_offsets [4, 0] run backwards"),
    HostileFile(
        what: "negative offsets", bytes: one(#""dtype":"F32","shape":[1],"data_offsets":[-4,0]"#),
        message: "data_offsets [-4, 0]"),
    HostileFile(
        what: "offsets out of the file", bytes: one(#""dtype":"F32","shape":[2],"data_offsets":[0,8]"#),
        message: "its bytes end at 8 of the data, but the file has only 4; was the download cut short?"),
    HostileFile(
        what: "offsets near the largest number",
        bytes: one(#""dtype":"F32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807]"#),
        message: "but the file has only 4"),
    HostileFile(
        what: "three offsets", bytes: one(#""dtype":"F32","shape":[1],"data_offsets":[0,2,4]"#),
        message: "are not two whole numbers"),
    HostileFile(
        what: "offsets of another size", bytes: one(#""dtype":"F16","shape":[1],"data_offsets":[0,4]"#),
        message: "F16 of shape [1] needs 2 bytes, but data_offsets [0, 4] hold 4"),
    HostileFile(
        what: "half a byte", bytes: one(#""dtype":"F4","shape":[1],"data_offsets":[0,0]"#, 0),
        message: "needs 0 bytes"),
    HostileFile(
        what: "overlap",
        bytes: safetensors(
            """
            {"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},\
            "y":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}
            """, [0, 0, 0, 0, 0, 0]), message: "tensors x and y overlap"),
    HostileFile(
        what: "two tensors in one place",
        bytes: safetensors(
            """
            {"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},\
            "y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}
            """, [0, 0, 0, 0]), message: "tensors x and y overlap"),
    HostileFile(
        what: "a hole", bytes: one(#""dtype":"F32","shape":[1],"data_offsets":[2,6]"#, 6),
        message: "2 bytes before tensor x belong to none"),
    HostileFile(
        what: "bytes at the end", bytes: one(#""dtype":"F32","shape":[1],"data_offsets":[0,4]"#, 7),
        message: "3 bytes at the end belong to no tensor"),
    HostileFile(what: "only bytes", bytes: safetensors("{}", [1]), message: "1 bytes at the end"),
    HostileFile(
        what: "metadata that is no object", bytes: safetensors("{\"__metadata__\":[]}", []),
        message: "__metadata__ is []"),
    HostileFile(
        what: "metadata that is no text", bytes: safetensors("{\"__metadata__\":{\"a\":1}}", []),
        message: "__metadata__ of \"a\" is 1"),
]

@Suite(.serialized) struct SafetensorsHeaderTests {
    @Test("A hostile file is refused with its reason", arguments: hostileFiles)
    func hostile(_ file: HostileFile) {
        let error = #expect(throws: ReadError.self) {
            _ = try WeightArchive(MemorySource(name: "evil.safetensors", file.bytes))
        }
        #expect(error?.failureKind == .invalidInput)
        #expect(error?.description.hasPrefix("evil.safetensors: ") == true)
        #expect(error?.description.contains(file.message) == true, "\(error?.description ?? "")")
    }

    @Test("Control characters of a hostile name do not reach the terminal")
    func controlCharacters() {
        let file = safetensors(#"{"\u001b[2Jx":3}"#, [])
        let error = #expect(throws: ReadError.self) {
            _ = try WeightArchive(MemorySource(name: "f", file))
        }
        #expect(error?.description.contains("\u{1B}") == false)
        #expect(error?.description.contains("[2Jx") == true)
    }

    @Test("Metadata, spaces at the header's end, scalars and empty tensors are part of the format")
    func benign() throws {
        let bytes = safetensors(
            """
            {"__metadata__":{"format":"pt"},"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},\
            "e":{"dtype":"F16","shape":[0,5],"data_offsets":[4,4]}}   \n
            """, littleEndian([Float(2.5).bitPattern]))
        let archive = try WeightArchive(MemorySource(name: "f", bytes))
        #expect(archive.names == ["e", "s"])
        #expect(try archive.read("s", shape: []).values == [2.5])
        #expect(try archive.read("e", shape: [0, 5]).values == [])
    }

    @Test("Metadata may be null, as for the safetensors library, which takes no null in it")
    func noMetadata() throws {
        let bytes = safetensors(
            #"{"__metadata__":null,"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, [0, 0x3C])
        let archive = try WeightArchive(MemorySource(name: "f", bytes))
        #expect(try archive.read("x", shape: [1]).values == [1])
        #expect(archive.metadata.isEmpty)
        let inside = safetensors(#"{"__metadata__":{"a":null}}"#, [])
        #expect(throws: ReadError.self) { _ = try WeightArchive(MemorySource(name: "f", inside)) }
    }

    @Test("A file without tensors is one")
    func empty() throws {
        #expect(try WeightArchive(MemorySource(name: "f", safetensors("{}", []))).names == [])
    }
}
