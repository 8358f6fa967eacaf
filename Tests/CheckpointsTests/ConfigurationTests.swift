import Checkpoints
import Failures
import Files
import Foundation
import Models
import Schedulers
import TestSupport
import Testing

private func object(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

/// The published `transformer/config.json` of facebook/DiT-XL-2-256; that for 512 has sample_size 64.
private let published = """
    {"_class_name": "Transformer2DModel", "_diffusers_version": "0.12.0.dev0",
     "activation_fn": "gelu-approximate", "attention_bias": true, "attention_head_dim": 72,
     "cross_attention_dim": null, "dropout": 0.0, "in_channels": 4, "norm_elementwise_affine": false,
     "norm_num_groups": 32, "norm_type": "ada_norm_zero", "num_attention_heads": 16,
     "num_embeds_ada_norm": 1000, "num_layers": 28, "num_vector_embeds": null,
     "only_cross_attention": false, "out_channels": 8, "patch_size": 2, "sample_size": 32,
     "upcast_attention": false, "use_linear_projection": false}
    """
private let publishedAutoencoder = """
    {"_class_name": "AutoencoderKL", "_diffusers_version": "0.12.0.dev0", "act_fn": "silu",
     "block_out_channels": [128, 256, 512, 512],
     "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D",
                          "DownEncoderBlock2D"],
     "in_channels": 3, "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32,
     "out_channels": 3, "sample_size": 256,
     "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"]}
    """
private let publishedScheduler = """
    {"_class_name": "DDIMScheduler", "_diffusers_version": "0.12.0.dev0", "beta_end": 0.02,
     "beta_schedule": "linear", "beta_start": 0.0001, "clip_sample": false,
     "num_train_timesteps": 1000, "prediction_type": "epsilon", "set_alpha_to_one": true,
     "steps_offset": 0, "trained_betas": null}
    """
private let ddpm = #"{"_class_name": "DDPMScheduler"}"#
private let dpmSolver = #"{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity}"#
private let empty = safetensors("{}", [])

/// A model folder of the published configurations, each of which may be replaced.
private func folder(
    transformer: String = published, autoencoder: String = publishedAutoencoder,
    scheduler: String = publishedScheduler, index: String = #"{"_class_name": "DiTPipeline"}"#
) throws -> ModelFolder {
    try ModelFolder(
        MemoryTree(files: [
            "model_index.json": Array(index.utf8),
            "transformer/config.json": Array(transformer.utf8),
            "transformer/diffusion_pytorch_model.safetensors": empty,
            "vae/config.json": Array(autoencoder.utf8),
            "vae/diffusion_pytorch_model.safetensors": empty,
            "scheduler/scheduler_config.json": Array(scheduler.utf8),
        ]))
}

/// The text with one key set to another value, or taken out.
private func changing(_ text: String, _ key: String, _ value: String?) throws -> String {
    var entries = try object(text.replacingOccurrences(of: "-Infinity", with: "\"-Infinity\""))
    entries[key] = nil
    let rest = String(decoding: try JSONSerialization.data(withJSONObject: entries), as: UTF8.self)
        .replacingOccurrences(of: "\"-Infinity\"", with: "-Infinity")
    guard let value else { return rest }
    return "{\"\(key)\": \(value)," + rest.dropFirst()
}

/// A value that must be refused: the key, the value, what the message says is supported.
struct Refusal: Sendable, CustomTestStringConvertible {
    var key: String
    var value: String?
    var supported: String
    var testDescription: String { "\(key) \(value ?? "missing")" }

    init(_ key: String, _ value: String?, _ supported: String) {
        (self.key, self.value, self.supported) = (key, value, supported)
    }

    func check(_ error: ReadError?, in file: String) {
        let text = error?.description ?? "no error"
        #expect(error?.failureKind == .invalidInput)
        #expect(text.hasPrefix("memory/\(file): \(key) is \(value ?? "")"), "\(text)")
        #expect(text.contains("supported: \(supported)"), "\(text)")
    }
}

@Suite(.serialized) struct ConfigurationTests {
    @Test("The published DiT-XL/2 configurations are read", arguments: [32, 64])
    func publishedDiT(_ sampleSize: Int) throws {
        let model = try folder(transformer: changing(published, "sample_size", "\(sampleSize)"))
        #expect(
            model.transformer
                == DiTConfiguration(
                    heads: 16, headWidth: 72, blocks: 28, patch: 2, inputChannels: 4, outputChannels: 8,
                    sampleSize: sampleSize, classes: 1000, firstNormEpsilon: 1e-6, secondNormEpsilon: 1e-5))
        #expect(model.transformer.width == 1152)
        #expect(model.transformer.tokens == sampleSize * sampleSize / 4)
        #expect(model.transformer.learnsVariance)
        #expect(
            model.autoencoder
                == AutoencoderConfiguration(blockChannels: [128, 256, 512, 512], layersPerBlock: 2))
        #expect(model.autoencoder.upscale == 8)
        var scheduler = SchedulerConfiguration(.ddim)
        scheduler.clipsSample = false
        #expect(model.scheduler == scheduler)
    }

    @Test("A missing key takes its class's own default")
    func defaults() throws {
        let model = try folder(
            transformer: #"{"_class_name": "DiTTransformer2DModel"}"#,
            autoencoder: #"{"_class_name": "AutoencoderKL"}"#,
            scheduler: #"{"_class_name": "DDIMScheduler"}"#)
        #expect(
            model.transformer
                == DiTConfiguration(
                    heads: 16, headWidth: 72, blocks: 28, patch: 2, inputChannels: 4, outputChannels: 4,
                    sampleSize: 32, classes: 1000))
        #expect(model.autoencoder == AutoencoderConfiguration())
        #expect(model.scheduler == SchedulerConfiguration(.ddim))
        #expect(model.scheduler.clipsSample)
        #expect(try folder(scheduler: ddpm).scheduler == SchedulerConfiguration(.ddpm))
        #expect(try folder(scheduler: dpmSolver).scheduler == SchedulerConfiguration(.dpmSolverPlusPlus))
        #expect(
            try folder(transformer: changing(published, "attention_head_dim", nil)).transformer.headWidth
                == 88)
    }

    @Test(
        "A transformer we cannot compute is refused",
        arguments: [
            Refusal("norm_type", "\"ada_norm\"", "\"ada_norm_zero\""),
            Refusal("norm_type", nil, "\"ada_norm_zero\""),
            Refusal("activation_fn", "\"geglu\"", "\"gelu-approximate\""),
            Refusal("attention_bias", nil, "true"),
            Refusal("norm_elementwise_affine", "true", "false"),
            Refusal("cross_attention_dim", "768", "null"),
            Refusal("caption_channels", "4096", "null"),
            Refusal("double_self_attention", "true", "false"),
            Refusal("interpolation_scale", "2", "null, 1"),
            Refusal("num_layers", "0", "a whole number from 1 to 10000"),
            Refusal("num_layers", "-3", "a whole number"),
            Refusal("num_layers", "2.5", "a whole number"),
            Refusal("num_layers", "\"many\"", "a whole number"),
            Refusal("num_attention_heads", "9223372036854775807", "a whole number from 1 to 65536"),
            Refusal("attention_head_dim", "1e+20", "a whole number from 1 to 65536"),
            Refusal("patch_size", "null", "a whole number"),
            Refusal("patch_size", nil, "a whole number"),
            Refusal("sample_size", "33", "a multiple of patch_size (2)"),
            Refusal("out_channels", "5", "in_channels (4) or twice that"),
            Refusal("num_embeds_ada_norm", "null", "a whole number"),
            Refusal("norm_eps", "0", "a number above 0"),
            Refusal("norm_eps", "NaN", "a number above 0"),
            Refusal("use_rope", "true", "null or false, as Transformer2DModel has no such key"),
        ])
    func refusedTransformer(_ refusal: Refusal) throws {
        let text = try changing(published, refusal.key, refusal.value)
        let error = #expect(throws: ReadError.self) { _ = try folder(transformer: text) }
        refusal.check(error, in: "transformer/config.json")
    }

    @Test("An unknown key passes if it is null or false or begins with an underscore")
    func unknownKeys() throws {
        for (key, value) in [("use_rope", "false"), ("use_rope", "null"), ("_name_or_path", "\"x\"")] {
            _ = try folder(transformer: try changing(published, key, value))
        }
    }

    @Test("A width that sines in two directions cannot fill is refused")
    func oddWidth() throws {
        let text = try changing(changing(published, "num_attention_heads", "3"), "attention_head_dim", "2")
        let error = #expect(throws: ReadError.self) { _ = try folder(transformer: text) }
        #expect(error?.description.contains("a multiple of 4") == true)
    }

    @Test(
        "An autoencoder we cannot compute is refused",
        arguments: [
            Refusal("act_fn", "\"relu\"", "\"silu\""),
            Refusal("block_out_channels", "[]", "1 to 16 whole numbers"),
            Refusal("block_out_channels", "[128, \"x\"]", "1 to 16 whole numbers"),
            Refusal("block_out_channels", "[128, 0]", "1 to 16 whole numbers"),
            Refusal("down_block_types", "[\"DownEncoderBlock2D\"]", "DownEncoderBlock2D, once for each"),
            Refusal(
                "up_block_types", "[\"AttnUpDecoderBlock2D\"]",
                "UpDecoderBlock2D, once for each of block_out_channels (4)"),
            Refusal("norm_num_groups", "48", "a divisor of all of block_out_channels [128, 256, 512, 512]"),
            Refusal("latents_mean", "[0.5]", "null"),
            Refusal("scaling_factor", "0", "a number above 0"),
            Refusal("scaling_factor", "null", "a number above 0"),
            Refusal("shift_factor", "Infinity", "null or a number"),
            Refusal("out_channels", "4", "a whole number from 3 to 3"),
            Refusal("mid_block_add_attention", "1", "true or false"),
            Refusal("latent_channels", "16", "the transformer's in_channels (4)"),
        ])
    func refusedAutoencoder(_ refusal: Refusal) throws {
        let text = try changing(publishedAutoencoder, refusal.key, refusal.value)
        let error = #expect(throws: ReadError.self) { _ = try folder(autoencoder: text) }
        refusal.check(error, in: "vae/config.json")
    }

    @Test("The autoencoder's own switches are read")
    func autoencoderSwitches() throws {
        var text = try changing(publishedAutoencoder, "mid_block_add_attention", "false")
        text = try changing(text, "use_post_quant_conv", "false")
        text = try changing(text, "scaling_factor", "1.5305")
        text = try changing(text, "shift_factor", "0.0609")
        let found = try folder(autoencoder: text).autoencoder
        #expect(!found.middleAttention && !found.postQuantConvolution)
        #expect(found.scalingFactor == 1.5305 && found.shiftFactor == 0.0609)
    }

    @Test(
        "A scheduler we do not have is refused",
        arguments: [
            (
                publishedScheduler,
                Refusal("_class_name", "\"PNDMScheduler\"", "DDIMScheduler, DDPMScheduler, ")
            ),
            (publishedScheduler, Refusal("thresholding", "true", "false")),
            (
                publishedScheduler,
                Refusal("beta_schedule", "\"sigmoid\"", "linear, scaled_linear, squaredcos")
            ),
            (publishedScheduler, Refusal("prediction_type", "\"flow\"", "epsilon, v_prediction, sample")),
            (publishedScheduler, Refusal("timestep_spacing", "3", "leading, trailing, linspace")),
            (publishedScheduler, Refusal("num_train_timesteps", "0", "a whole number from 1")),
            (publishedScheduler, Refusal("steps_offset", "1000", "a whole number from 0 to 999")),
            (publishedScheduler, Refusal("beta_end", "1", "a number between 0 and 1")),
            (publishedScheduler, Refusal("beta_start", "-1", "a number above 0")),
            (publishedScheduler, Refusal("trained_betas", "[0.5]", "null or num_train_timesteps (1000)")),
            (publishedScheduler, Refusal("use_rope", "true", "null or false, as DDIMScheduler")),
            (ddpm, Refusal("variance_type", "\"learned\"", "fixed_small, fixed_large, learned_range")),
            (dpmSolver, Refusal("algorithm_type", "\"dpmsolver\"", "\"dpmsolver++\"")),
            (dpmSolver, Refusal("solver_type", "\"heun\"", "\"midpoint\"")),
            (dpmSolver, Refusal("solver_order", "4", "a whole number from 1 to 3")),
            (dpmSolver, Refusal("final_sigmas_type", "\"x\"", "\"zero\", \"sigma_min\"")),
            (dpmSolver, Refusal("lambda_min_clipped", "-5.1", "-Infinity")),
            (dpmSolver, Refusal("variance_type", "\"learned_range\"", "null")),
        ])
    func refusedScheduler(_ text: String, _ refusal: Refusal) throws {
        let text = try changing(text, refusal.key, refusal.value)
        let error = #expect(throws: ReadError.self) { _ = try folder(scheduler: text) }
        refusal.check(error, in: "scheduler/scheduler_config.json")
    }

    @Test("Each scheduler's own keys are read")
    func schedulerKeys() throws {
        let one = try folder(
            scheduler: """
                {"_class_name": "DDPMScheduler", "variance_type": "learned_range", "clip_sample_range": 2.5,
                 "timestep_spacing": "trailing", "beta_schedule": "scaled_linear", "beta_start": 0.5,
                 "prediction_type": "v_prediction", "num_train_timesteps": 3, "steps_offset": 1,
                 "trained_betas": [0.1, 0.2, 0.3]}
                """
        ).scheduler
        var expected = SchedulerConfiguration(.ddpm)
        expected.variance = .learnedRange
        expected.clipRange = 2.5
        expected.spacing = .trailing
        expected.betaSchedule = .scaledLinear
        expected.betaStart = 0.5
        expected.prediction = .velocity
        expected.trainTimesteps = 3
        expected.stepsOffset = 1
        expected.trainedBetas = [0.1, 0.2, 0.3]
        #expect(one == expected)

        let two = try folder(
            scheduler: """
                {"_class_name": "DPMSolverMultistepScheduler", "solver_order": 1, "lower_order_final": false,
                 "euler_at_final": true, "final_sigmas_type": "sigma_min"}
                """
        ).scheduler
        expected = SchedulerConfiguration(.dpmSolverPlusPlus)
        expected.solverOrder = 1
        expected.lowerOrderFinal = false
        expected.eulerAtFinal = true
        expected.finalSigmaIsZero = false
        #expect(two == expected)
    }

    @Test("Labels are read, and those that are no labels or have no class are refused")
    func labels() throws {
        func index(_ labels: String) -> String { #"{"_class_name": "DiTPipeline", "id2label": \#(labels)}"# }
        let model = try folder(index: index(#"{"0": "tench, Tinca tinca", "999": "toilet tissue"}"#))
        #expect(model.labels.classes(named: "Tinca tinca") == [0])
        #expect(model.labels.classes == [0, 999])
        for (labels, text) in [
            ("[1]", "id2label is [1]"), (#"{"x": "a"}"#, "id2label has \"x\""),
            (#"{"0": 3}"#, "id2label has \"0\""),
            (#"{"0": "a\u0000b"}"#, "id2label has \"0\": a label with a zero character"),
            (#"{"1000": "a"}"#, "id2label names class 1000, but the transformer has 1000 classes"),
        ] {
            let error = #expect(throws: ReadError.self) { _ = try folder(index: index(labels)) }
            #expect(error?.description.hasPrefix("memory/model_index.json: \(text)") == true)
        }
        #expect(throws: ReadError.self) { _ = try folder(index: #"{"_class_name": "FluxPipeline"}"#) }
    }

    @Test("The fingerprint follows the configuration")
    func fingerprint() throws {
        let first = try folder().fingerprint
        #expect(try folder().fingerprint == first)
        #expect(try folder(scheduler: ddpm).fingerprint != first)
    }
}
