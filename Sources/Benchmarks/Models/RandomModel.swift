import Checkpoints
public import Files
import Models

/// A diffusers folder of random weights: as fast as a trained model of its shape, and nothing to download.
public struct RandomModel: FileTable {
    /// What messages call it.
    public let name: String
    /// The files by their paths.
    public let files: [String: any ByteSource]

    /// A model of the given shape.
    public init(_ shape: DiTShape) {
        name = "\(shape.name) of random weights"
        var files: [String: any ByteSource] = [:]
        func add(_ path: String, _ text: String) {
            files[path] = MemorySource(name: "\(shape.name)/\(path)", Array(text.utf8))
        }
        add("model_index.json", #"{"_class_name": "DiTPipeline"}"#)
        add("scheduler/scheduler_config.json", #"{"_class_name": "DDIMScheduler", "clip_sample": false}"#)
        add("transformer/config.json", Self.configuration(shape.transformer))
        add("vae/config.json", Self.configuration(shape.autoencoder))
        let parts = [
            ("transformer", DiT.expectedTensors(shape.transformer)),
            ("vae", AutoencoderDecoder.expectedTensors(shape.autoencoder)),
        ]
        for (seed, (folder, tensors)) in parts.enumerated() {
            let path = "\(folder)/diffusion_pytorch_model.safetensors"
            files[path] = randomTensors(name: "\(shape.name)/\(path)", tensors, seed: UInt64(seed))
        }
        self.files = files
    }

    private static func configuration(_ shape: DiTConfiguration) -> String {
        """
        {"_class_name": "DiTTransformer2DModel", "num_attention_heads": \(shape.heads),
         "attention_head_dim": \(shape.headWidth), "in_channels": \(shape.inputChannels),
         "out_channels": \(shape.outputChannels), "num_layers": \(shape.blocks),
         "sample_size": \(shape.sampleSize), "patch_size": \(shape.patch),
         "num_embeds_ada_norm": \(shape.classes)}
        """
    }

    private static func configuration(_ shape: AutoencoderConfiguration) -> String {
        func list(_ block: String) -> String {
            shape.blockChannels.map { _ in "\"\(block)\"" }.joined(separator: ", ")
        }
        return """
            {"_class_name": "AutoencoderKL", "block_out_channels": \(shape.blockChannels),
             "layers_per_block": \(shape.layersPerBlock), "down_block_types": [\(list("DownEncoderBlock2D"))],
             "up_block_types": [\(list("UpDecoderBlock2D"))]}
            """
    }
}
