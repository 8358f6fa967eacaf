import Checkpoints
import Failures
import Files
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct SafetensorsWriterTests {
    @Test("What is written is read back, in each format, views included")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/x.safetensors"
        let half = Tensor(zeros: [3], .f16)
        half.withUnsafeElements(UInt16.self) { $0[1] = 0x3C00 }
        let wide = Tensor((0..<12).map(Float.init), shape: [4, 3])
        try writeSafetensors(
            [("half \"é\"", half), ("wide", wide), ("part", wide.rows(1..<3))],
            metadata: ["format": "pt", "a": "\n"], to: path)
        let archive = try WeightArchive(try FileSource(path))
        #expect(archive.names == ["half \"é\"", "part", "wide"])
        #expect(try archive.read("half \"é\"", shape: [3]).values == [0, 1, 0])
        #expect(try archive.read("wide", shape: [4, 3]).values == wide.values)
        #expect(try archive.read("part", shape: [2, 3]).values == [3, 4, 5, 6, 7, 8])
    }

    @Test("Latents are read back, and refused in another shape, under another name, or cut")
    func latents() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/l.safetensors"
        let tensor = Tensor((0..<8).map { Float($0) / 3 }, shape: [2, 1, 2, 2])
        try writeSafetensors([("latents", tensor)], metadata: [:], to: path)
        #expect(try readLatents(try FileSource(path), shape: [2, 1, 2, 2]).values == tensor.values)
        let shape = #expect(throws: ReadError.self) {
            _ = try readLatents(try FileSource(path), shape: [1, 1, 2, 2])
        }
        #expect(
            shape?.description == "\(path): latents of shape [2, 1, 2, 2], where the run needs [1, 1, 2, 2] "
                + "(count, channels, height, width)")
        try writeSafetensors([("noise", tensor)], metadata: [:], to: path)
        let name = #expect(throws: ReadError.self) {
            _ = try readLatents(try FileSource(path), shape: [2, 1, 2, 2])
        }
        #expect(name?.description == "\(path): expected a tensor named latents, found noise")
        let none = #expect(throws: ReadError.self) {
            _ = try readLatents(try FileSource(path + "x"), shape: [1])
        }
        #expect(none?.failureKind == .missingInput)
    }
}
