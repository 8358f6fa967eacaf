import Foundation
import Testing

/// A way in which a model folder can be broken, and what the program says of it.
struct BadModel: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var status: Int32 = 65
    let message: [String]
    let spoil: @Sendable (TinyModel) throws -> Void

    static let all = [
        BadModel(
            testDescription: "no such folder", status: 66, message: ["/model: no such folder"],
            spoil: { try FileManager.default.removeItem(atPath: $0.path) }),
        BadModel(
            testDescription: "truncated shard", message: ["00002-of-00002.safetensors", "cut short"],
            spoil: { model in
                let shards = try model.shard(into: 2)
                try model.edit(shards[1]) { $0.removeLast(100) }
            }),
        BadModel(
            testDescription: "header longer than the file",
            message: ["model.safetensors: the header is", "bytes long, but the file has", "cut short"],
            spoil: { model in
                try model.edit(TinyModel.transformer) { bytes in bytes[3] = 1 }
            }),
        BadModel(
            testDescription: "overlapping offsets",
            message: ["tensors pos_embed.proj.bias and pos_embed.proj.weight overlap"],
            spoil: { model in
                try model.editWeights { weights in
                    let second = weights.ordered[1]
                    try weights.edit(second) { $0.data_offsets = $0.data_offsets.map { $0 - 4 } }
                }
            }),
        BadModel(
            testDescription: "offsets past the end",
            message: [": its bytes end at ", "of the data, but the file has only "],
            spoil: { model in
                try model.editWeights { weights in
                    let last = weights.ordered[weights.ordered.count - 1]
                    try weights.edit(last) { $0.data_offsets = $0.data_offsets.map { $0 + 4 } }
                }
            }),
        BadModel(
            testDescription: "shape whose product overflows",
            message: ["proj_out_2.weight: the product of shape [1099511627776, 1099511627776] overflows"],
            spoil: { model in
                try model.editWeights { weights in
                    try weights.edit("proj_out_2.weight") { $0.shape = [1 << 40, 1 << 40] }
                }
            }),
        BadModel(
            testDescription: "wrong dtype",
            message: ["1 tensor is neither F32 nor F16 nor BF16 (proj_out_2.weight is I32)"],
            spoil: { model in
                try model.editWeights { weights in
                    try weights.edit("proj_out_2.weight") { $0.dtype = "I32" }
                }
            }),
        BadModel(
            testDescription: "missing tensor", message: ["1 tensor is missing (proj_out_2.bias)"],
            spoil: { model in
                try model.editWeights { weights in
                    weights = weights.subset(weights.ordered.filter { $0 != "proj_out_2.bias" })
                }
            }),
        BadModel(
            testDescription: "surplus tensor", message: ["1 tensor is not of this model (pos_embed.extra)"],
            spoil: { model in
                try model.editWeights { $0.append("pos_embed.extra", nil, Data(count: 16)) }
            }),
        BadModel(
            testDescription: "a Git LFS pointer in place of weights",
            message: [
                "model.safetensors: expected a safetensors file, found a Git LFS pointer", "'git lfs pull'",
            ],
            spoil: { model in
                try Data("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".utf8)
                    .write(to: model.url(TinyModel.autoencoder))
            }),
        BadModel(
            testDescription: "a web page in place of a configuration",
            message: ["vae/config.json: expected JSON, found a web page: download the file itself"],
            spoil: { try Data("<!doctype html>".utf8).write(to: $0.url("vae/config.json")) }),
        BadModel(
            testDescription: "a snapshot without its blobs", status: 66,
            message: [
                "model.safetensors: a symbolic link to ../../blobs/1f, where nothing is; fetch", "cp -rL",
            ],
            spoil: { model in
                try FileManager.default.removeItem(at: model.url(TinyModel.transformer))
                try FileManager.default.createSymbolicLink(
                    atPath: model.url(TinyModel.transformer).path, withDestinationPath: "../../blobs/1f")
            }),
        BadModel(
            testDescription: "a hub's folder above the snapshot", status: 66,
            message: [
                "/model/model_index.json: no such file; the model is in a folder below: name ",
                "/snapshots/1f",
            ],
            spoil: { model in
                let place = model.path + "-aside"
                try FileManager.default.moveItem(atPath: model.path, toPath: place)
                try FileManager.default.createDirectory(
                    atPath: model.path + "/snapshots", withIntermediateDirectories: true)
                try FileManager.default.moveItem(atPath: place, toPath: model.path + "/snapshots/1f")
            }),
        BadModel(
            testDescription: "an index whose shards a single file has replaced", status: 66,
            message: [
                "-00001-of-00002.safetensors is not beside it", "remove the index if that file is the model",
            ],
            spoil: { model in
                let single = try Data(contentsOf: model.url(TinyModel.transformer))
                for shard in try model.shard(into: 2) {
                    try FileManager.default.removeItem(at: model.url(shard))
                }
                try single.write(to: model.url(TinyModel.transformer))
            }),
        BadModel(
            testDescription: "a label with a zero character",
            message: ["model_index.json: id2label has \"3\": a label with a zero character; remove that"],
            spoil: { try $0.configure("model_index.json", ["id2label": ["3": "a\0b"]]) }),
        BadModel(
            testDescription: "pickled weights only",
            message: ["only pickled weights", "python -c", "id2label=", "safe_serialization=True"],
            spoil: { model in
                try FileManager.default.moveItem(
                    at: model.url(TinyModel.transformer),
                    to: model.url("transformer/diffusion_pytorch_model.bin"))
            }),
        BadModel(
            testDescription: "unsupported configuration",
            message: ["transformer/config.json: activation_fn is \"silu\"; supported: \"gelu-approximate\""],
            spoil: { try $0.configure("transformer/config.json", ["activation_fn": "silu"]) }),
        BadModel(
            testDescription: "latents beyond memory",
            message: ["transformer/config.json: sample_size is 16384; supported: a size at which"],
            spoil: { try $0.configure("transformer/config.json", ["sample_size": 16384]) }),
        BadModel(
            testDescription: "pictures beyond memory",
            message: ["sample_size is 4096, which the autoencoder makes 8192 pixels; supported: "],
            spoil: { try $0.configure("transformer/config.json", ["sample_size": 4096]) }),
        BadModel(
            testDescription: "a decoder beyond memory",
            message: [
                "vae/config.json: block_out_channels is [16384, 16384], with which decoding 4096 × 4096 pixels",
                "supported: at most 4294967296",
            ],
            spoil: { model in
                try model.configure("transformer/config.json", ["sample_size": 2048])
                try model.configure("vae/config.json", ["block_out_channels": [16384, 16384]])
            }),
        BadModel(
            testDescription: "position embedding of another shape",
            message: ["1 tensor is of another shape (pos_embed.pos_embed: expected [1, 16, 8], found [4])"],
            spoil: { model in
                try model.editWeights { $0.append("pos_embed.pos_embed", nil, Data(count: 16)) }
            }),
        BadModel(
            testDescription: "a scheduler's key that no scheduler has",
            message: [
                "scheduler_config.json: skip_prk_step is true; supported: null or false, as DDIMScheduler"
            ],
            spoil: { try $0.configure("scheduler/scheduler_config.json", ["skip_prk_step": true]) }),
        BadModel(
            testDescription: "no scheduler", status: 66,
            message: ["scheduler/scheduler_config.json: no such file"],
            spoil: { try FileManager.default.removeItem(at: $0.url("scheduler/scheduler_config.json")) }),
    ]
}
