import Files

/// A class of diffusers: its name and what its configuration's keys are when a file leaves them out.
struct DiffusersClass {
    let name: String
    let defaults: [String: JSONValue]
}

extension DiffusersClass {
    /// Keys and defaults of `diffusers.DiTTransformer2DModel` (0.42).
    static let dit = DiffusersClass(
        name: "DiTTransformer2DModel",
        defaults: [
            "num_attention_heads": 16, "attention_head_dim": 72, "in_channels": 4, "out_channels": .null,
            "num_layers": 28, "dropout": 0.0, "norm_num_groups": 32, "attention_bias": true,
            "sample_size": 32, "patch_size": 2, "activation_fn": "gelu-approximate",
            "num_embeds_ada_norm": 1000, "upcast_attention": false, "norm_type": "ada_norm_zero",
            "norm_elementwise_affine": false, "norm_eps": 1e-5,
        ])

    /// Keys and defaults of `diffusers.Transformer2DModel` (0.42), as the published DiT-XL/2 folders call it.
    static let transformer = DiffusersClass(
        name: "Transformer2DModel",
        defaults: [
            "num_attention_heads": 16, "attention_head_dim": 88, "in_channels": .null,
            "out_channels": .null, "num_layers": 1, "dropout": 0.0, "norm_num_groups": 32,
            "cross_attention_dim": .null, "attention_bias": false, "sample_size": .null,
            "num_vector_embeds": .null, "patch_size": .null, "activation_fn": "geglu",
            "num_embeds_ada_norm": .null, "use_linear_projection": false, "only_cross_attention": false,
            "double_self_attention": false, "upcast_attention": false, "norm_type": "layer_norm",
            "norm_elementwise_affine": true, "norm_eps": 1e-5, "attention_type": "default",
            "caption_channels": .null, "interpolation_scale": .null, "use_additional_conditions": .null,
        ])

    /// Keys and defaults of `diffusers.AutoencoderKL` (0.42).
    static let autoencoder = DiffusersClass(
        name: "AutoencoderKL",
        defaults: [
            "in_channels": 3, "out_channels": 3, "down_block_types": ["DownEncoderBlock2D"],
            "up_block_types": ["UpDecoderBlock2D"], "block_out_channels": [64], "layers_per_block": 1,
            "act_fn": "silu", "latent_channels": 4, "norm_num_groups": 32, "sample_size": 32,
            "scaling_factor": 0.18215, "shift_factor": .null, "latents_mean": .null, "latents_std": .null,
            "force_upcast": true, "use_quant_conv": true, "use_post_quant_conv": true,
            "mid_block_add_attention": true,
        ])

    private static let schedule: [String: JSONValue] = [
        "num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear",
        "trained_betas": .null, "prediction_type": "epsilon", "thresholding": false,
        "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0, "steps_offset": 0,
        "rescale_betas_zero_snr": false,
    ]

    /// Keys and defaults of `diffusers.DDIMScheduler` (0.42).
    static let ddim = DiffusersClass(
        name: "DDIMScheduler",
        defaults: schedule.merging([
            "clip_sample": true, "clip_sample_range": 1.0, "set_alpha_to_one": true,
            "timestep_spacing": "leading",
        ]) { $1 })

    /// Keys and defaults of `diffusers.DDPMScheduler` (0.42).
    static let ddpm = DiffusersClass(
        name: "DDPMScheduler",
        defaults: schedule.merging([
            "clip_sample": true, "clip_sample_range": 1.0, "variance_type": "fixed_small",
            "timestep_spacing": "leading",
        ]) { $1 })

    /// Keys and defaults of `diffusers.DPMSolverMultistepScheduler` (0.42).
    static let dpmSolver = DiffusersClass(
        name: "DPMSolverMultistepScheduler",
        defaults: schedule.merging([
            "solver_order": 2, "algorithm_type": "dpmsolver++", "solver_type": "midpoint",
            "lower_order_final": true, "euler_at_final": false, "use_karras_sigmas": false,
            "use_exponential_sigmas": false, "use_beta_sigmas": false, "use_lu_lambdas": false,
            "use_flow_sigmas": false, "flow_shift": 1.0, "final_sigmas_type": "zero",
            "lambda_min_clipped": .real(-.infinity), "variance_type": .null,
            "timestep_spacing": "linspace", "use_dynamic_shifting": false,
            "time_shift_type": "exponential",
        ]) { $1 })
}
