import Files
import Foundation
import Models
import Tensors
import TestSupport

@testable import Checkpoints

/// The folders that Tests/Goldens/models/make.py writes, and what diffusers computed from them.
enum Goldens {
    static let tree = DirectoryTree(
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Goldens/models").path)

    static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(tree.bytes(of: path)))
    }
}

/// A DiT's forward at two timesteps, with its folder's configuration and weights.
struct DiTGolden {
    struct Case: Decodable {
        let timestep: Double
        let labels: [Int]
        let latents: [Float]
        let output: [Float]
    }

    static let folders = [
        "dit-patch1-f32", "dit-patch2-untied-shards", "dit-patch4-bf16", "dit-tied-f16",
        "transformer2d-tied-bf16", "dit-one-token",
    ]

    let configuration: DiTConfiguration
    let weights: WeightArchive
    let cases: [Case]

    init(_ folder: String) throws {
        struct File: Decodable { let cases: [Case] }
        configuration = try DiTConfiguration(diffusers: Goldens.tree, folder + "/config.json")
        weights = try WeightArchive(Goldens.tree, folder: folder)
        cases = try Goldens.decode(File.self, folder + "/golden.json").cases
    }

    func latents(_ golden: Case) -> Tensor {
        let size = configuration.sampleSize
        return Tensor(golden.latents, shape: [golden.labels.count, configuration.inputChannels, size, size])
    }
}

/// A U-ViT's forward at two timesteps, with its folder's configuration and weights, as make_uvit.py has written them.
struct UViTGolden {
    struct Case: Decodable {
        let timestep: Double
        let labels: [Int]
        let latents: [Float]
        let output: [Float]
    }

    static let folders = ["uvit-patch1-f32", "uvit-patch2-conv-bf16", "uvit-one-token-f16"]

    let configuration: UViTConfiguration
    let weights: WeightArchive
    let cases: [Case]

    init(_ folder: String) throws {
        struct File: Decodable { let cases: [Case] }
        configuration = try UViTConfiguration(
            ConfigurationReader(Goldens.tree, folder + "/config.json", classes: UViTConfiguration.models))
        weights = try WeightArchive(Goldens.tree, folder: folder)
        cases = try Goldens.decode(File.self, folder + "/golden.json").cases
    }

    func latents(_ golden: Case) -> Tensor {
        Tensor(golden.latents, shape: [golden.labels.count] + configuration.latents.extents)
    }
}

/// A decoder's picture of one latent.
struct AutoencoderGolden {
    private struct File: Decodable {
        let latentShape: [Int]
        let latent: [Float]
        let imageShape: [Int]
        let image: [Float]
    }

    static let folders = ["vae-two-levels-f16", "vae-three-levels-plain-bf16", "vae-one-level-f32"]

    let configuration: AutoencoderConfiguration
    let weights: WeightArchive
    let latent: Tensor
    let image: Tensor

    /// - Parameter file: `tiled.json` where the picture was decoded in tiles.
    init(_ folder: String, _ file: String = "golden.json") throws {
        configuration = try AutoencoderConfiguration(diffusers: Goldens.tree, folder + "/config.json")
        weights = try WeightArchive(Goldens.tree, folder: folder)
        let file = try Goldens.decode(File.self, "\(folder)/\(file)")
        latent = Tensor(file.latent, shape: file.latentShape)
        image = Tensor(file.image, shape: file.imageShape)
    }
}
