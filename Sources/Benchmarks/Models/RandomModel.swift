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
    public init(_ shape: ModelShape) {
        name = "\(shape.name) of random weights"
        var files: [String: any ByteSource] = [:]
        func add(_ path: String, _ text: String) {
            files[path] = MemorySource(name: "\(shape.name)/\(path)", Array(text.utf8))
        }
        add("model_index.json", #"{"_class_name": "\#(shape.pipeline)"}"#)
        add("scheduler/scheduler_config.json", #"{"_class_name": "DDIMScheduler", "clip_sample": false}"#)
        add("transformer/config.json", shape.denoiser.text)
        add("vae/config.json", Self.configuration(shape.autoencoder))
        let parts = [
            ("transformer", shape.denoiser.tensors),
            ("vae", AutoencoderDecoder.expectedTensors(shape.autoencoder)),
        ]
        for (seed, (folder, tensors)) in parts.enumerated() {
            let path = "\(folder)/diffusion_pytorch_model.safetensors"
            files[path] = randomTensors(name: "\(shape.name)/\(path)", tensors, seed: UInt64(seed))
        }
        self.files = files
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
