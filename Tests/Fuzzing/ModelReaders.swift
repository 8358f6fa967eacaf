import Checkpoints
import Files
import Models
import Schedulers

/// Reads a safetensors file: its header, and each tensor whole and as the latents to start from.
func readSafetensors(_ bytes: [UInt8]) throws {
    let file = MemorySource(name: "memory", bytes)
    let archive = try WeightArchive(file)
    for name in archive.names {
        let shape = try archive.shape(of: name)
        // What is read has a shape that a model or the command line gave, in which nothing is empty.
        guard !shape.contains(0) else { continue }
        _ = try? archive.read(name, shape: shape)
    }
    precondition(archive.contentHashes.count <= archive.names.count, "more hashes than tensors")
    _ = try readLatents(file, shape: [1, 4, 2, 2])
}

/// Reads the index of two shards that are as they should be.
func readShardsIndex(_ bytes: [UInt8]) throws {
    var tree = MemoryTree.shards
    tree.write(bytes, to: "part/diffusion_pytorch_model.safetensors.index.json")
    let archive = try WeightArchive(tree, folder: "part")
    for name in archive.names { _ = try archive.read(name, shape: archive.shape(of: name)) }
}

/// Reads a model's folder in which one file is hostile; names the tensors that it must have, and makes its scheduler.
func readModel(_ bytes: [UInt8], as path: String) throws {
    var tree = MemoryTree.model
    tree.write(bytes, to: path)
    let folder = try ModelFolder(tree)
    for label in ["", "7", "#7", "golden", String(repeating: "x", count: 100)] {
        _ = try? folder.labels.resolve(label, classes: folder.denoiser.classes)
    }
    // A model of more is refused as this is, after some time.
    if folder.denoiser.blocks <= 10, folder.autoencoder.layersPerBlock <= 10 {
        for name in folder.denoiser.tensors.keys
        where folder.transformerWeights.names.contains(name) {
            _ = try folder.transformerWeights.read(name, shape: [1])
        }
        _ = AutoencoderDecoder.expectedTensors(folder.autoencoder)
    }
    guard path.hasPrefix("scheduler") else { return }
    for kind in SchedulerConfiguration.Kind.allCases {
        _ = try? folder.scheduler(as: kind)
        // Many timesteps of training take their time for each table.
        for steps in folder.scheduler.trainTimesteps <= 10_000 ? [1, 2, 20] : [20] {
            guard let scheduler = try? makeScheduler(folder.scheduler.converted(to: kind), steps: steps)
            else {
                continue
            }
            _ = scheduler.endGains()
        }
    }
}
