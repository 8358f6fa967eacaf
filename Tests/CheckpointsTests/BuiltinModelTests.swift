import BuiltinModel
import Checkpoints
import Failures
import Files
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct BuiltinModelTests {
    private func tree() -> EmbeddedTree {
        EmbeddedTree(
            name: "built-in", count: builtinModelFileCount(), path: builtinModelFilePath,
            address: builtinModelFileAddress, byteCount: builtinModelFileByteCount)
    }

    private var source: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/BuiltinModel/model").path
    }

    @Test("The model inside the binary is the one in the sources")
    func sameAsFolder() throws {
        let inside = try ModelFolder(tree())
        let outside = try ModelFolder(DirectoryTree(source))
        #expect(inside.name == "built-in")
        #expect(inside.fingerprint == outside.fingerprint)
        #expect(inside.transformer == outside.transformer)
        #expect(inside.labels == outside.labels)
        #expect(
            inside.transformer
                == DiTConfiguration(
                    heads: 6, headWidth: 32, blocks: 12, patch: 2, inputChannels: 4, outputChannels: 4,
                    sampleSize: 16, classes: 1000, secondNormEpsilon: 1e-6))
        #expect(try inside.labels.resolve("9", classes: 1000) == 35)
        #expect(inside.autoencoder.upscale == 4)
    }

    @Test("Its tensors hold the numbers that torch reads")
    func numbers() throws {
        let model = try ModelFolder(tree())
        let probes = try Goldens.load().builtin
        #expect(probes.count > 16)
        for (name, probe) in probes {
            let archive = probe.part == "vae" ? model.autoencoderWeights : model.transformerWeights
            let values = try archive.read(name, shape: probe.shape).values
            #expect(Array(values.prefix(4)) == probe.first, "\(name)")
            #expect(values.last == probe.last, "\(name)")
            let sum = values.reduce(0) { $0 + Double($1) }
            let squares = values.reduce(0) { $0 + Double($1) * Double($1) }
            #expect(abs(sum - probe.sum) <= 1e-9 * Double(values.count), "\(name)")
            #expect(abs(squares - probe.squares) <= 1e-9 * (1 + probe.squares), "\(name)")
        }
    }

    @Test("The tree lists what it holds and knows what it does not")
    func listing() {
        #expect(tree().list("transformer") == ["config.json", "diffusion_pytorch_model.safetensors"])
        #expect(Set(tree().list("")).isSuperset(of: ["model_index.json", "scheduler", "transformer", "vae"]))
        #expect(tree().contains("vae") && tree().contains("vae/config.json") && !tree().contains("va"))
        let error = #expect(throws: ReadError.self) { _ = try tree().open("vae/x") }
        #expect(error?.failureKind == .missingInput)
    }
}
