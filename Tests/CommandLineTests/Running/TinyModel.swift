import Foundation

/// A copy of the tiny model of Tests/Goldens/commandline, to be used or spoilt.
///
/// 5 blocks of width 8, 16 tokens, latents [4, 8, 8], pictures of 16 × 16, 8 classes.
struct TinyModel {
    static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Goldens/commandline").standardizedFileURL
    static let transformer = "transformer/diffusion_pytorch_model.safetensors"
    static let autoencoder = "vae/diffusion_pytorch_model.safetensors"

    let path: String

    init(in place: Workplace, named name: String = "model") throws {
        path = place.root + "/" + name
        try FileManager.default.copyItem(
            at: Self.golden.appendingPathComponent("model"), to: URL(fileURLWithPath: path))
    }

    func url(_ file: String) -> URL { URL(fileURLWithPath: path + "/" + file) }

    /// Changes the bytes of a file.
    func edit(_ file: String, _ body: (inout Data) -> Void) throws {
        var bytes = try Data(contentsOf: url(file))
        body(&bytes)
        try bytes.write(to: url(file))
    }

    /// Changes the header or the numbers of a weight file.
    func editWeights(_ file: String = TinyModel.transformer, _ body: (inout WeightFile) throws -> Void) throws
    {
        var weights = try WeightFile(try Data(contentsOf: url(file)))
        try body(&weights)
        try weights.encoded().write(to: url(file))
    }

    /// Sets keys of a configuration.
    func configure(_ file: String, _ entries: [String: Any]) throws {
        let old = try JSONSerialization.jsonObject(with: Data(contentsOf: url(file))) as? [String: Any] ?? [:]
        try JSONSerialization.data(withJSONObject: old.merging(entries) { $1 }).write(to: url(file))
    }

    /// Cuts the transformer's weights into shards with an index, as diffusers does.
    func shard(into count: Int) throws -> [String] {
        let whole = try WeightFile(try Data(contentsOf: url(Self.transformer)))
        let names = whole.tensors.keys.sorted()
        var map: [String: String] = [:]
        let files = (0..<count).map { shard in
            "diffusion_pytorch_model-0000\(shard + 1)-of-0000\(count).safetensors"
        }
        for (shard, file) in files.enumerated() {
            let part = names.indices.filter { $0 * count / names.count == shard }.map { names[$0] }
            for name in part { map[name] = file }
            try whole.subset(part).encoded().write(to: url("transformer/" + file))
        }
        try JSONSerialization.data(withJSONObject: ["metadata": [:], "weight_map": map])
            .write(to: url(Self.transformer + ".index.json"))
        try FileManager.default.removeItem(at: url(Self.transformer))
        return files.map { "transformer/" + $0 }
    }
}
