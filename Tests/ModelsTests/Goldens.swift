import Checkpoints
import Foundation
import Models
import Tensors

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
        let timestep: Int
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
        configuration = try Goldens.decode(StoredDiTConfiguration.self, folder + "/config.json").value
        weights = try WeightArchive(Goldens.tree, folder: folder)
        cases = try Goldens.decode(File.self, folder + "/golden.json").cases
    }

    func latents(_ golden: Case) -> Tensor {
        let size = configuration.sampleSize
        return Tensor(golden.latents, shape: [golden.labels.count, configuration.inputChannels, size, size])
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

    init(_ folder: String) throws {
        configuration = try Goldens.decode(StoredAutoencoderConfiguration.self, folder + "/config.json").value
        weights = try WeightArchive(Goldens.tree, folder: folder)
        let file = try Goldens.decode(File.self, folder + "/golden.json")
        latent = Tensor(file.latent, shape: file.latentShape)
        image = Tensor(file.image, shape: file.imageShape)
    }
}

private struct StoredDiTConfiguration: Decodable {
    let num_attention_heads, attention_head_dim, num_layers, patch_size, in_channels, out_channels: Int
    let sample_size, num_embeds_ada_norm: Int
    let norm_eps: Float

    var value: DiTConfiguration {
        DiTConfiguration(
            heads: num_attention_heads, headWidth: attention_head_dim, blocks: num_layers, patch: patch_size,
            inputChannels: in_channels, outputChannels: out_channels, sampleSize: sample_size,
            classes: num_embeds_ada_norm, secondNormEpsilon: norm_eps)
    }
}

private struct StoredAutoencoderConfiguration: Decodable {
    let block_out_channels: [Int]
    let layers_per_block, norm_num_groups, latent_channels, out_channels: Int
    let mid_block_add_attention, use_post_quant_conv: Bool
    let scaling_factor: Float
    let shift_factor: Float?

    var value: AutoencoderConfiguration {
        AutoencoderConfiguration(
            blockChannels: block_out_channels, layersPerBlock: layers_per_block, normGroups: norm_num_groups,
            latentChannels: latent_channels, outputChannels: out_channels,
            middleAttention: mid_block_add_attention, postQuantConvolution: use_post_quant_conv,
            scalingFactor: scaling_factor, shiftFactor: shift_factor ?? 0)
    }
}
