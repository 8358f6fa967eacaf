import Files
import Schedulers

extension DiffusersClass {
    /// Classes of schedulers that can be read, one for each kind.
    static let schedulers: [SchedulerConfiguration.Kind: DiffusersClass] = [
        .ddim: ddim, .ddpm: ddpm, .dpmSolverPlusPlus: dpmSolver, .dpmSolverSinglestep: dpmSolverSinglestep,
        .uniPC: uniPC, .euler: euler, .flowMatchEuler: flowMatchEuler,
        .cogVideoXDDIM: cogVideoX(name: "CogVideoXDDIMScheduler"),
        .cogVideoXDPM: cogVideoX(name: "CogVideoXDPMScheduler"),
    ]

    private static let trained: [String: JSONValue] = [
        "num_train_timesteps": 1000, "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear",
        "trained_betas": .null, "prediction_type": "epsilon",
    ]
    private static let thresholds: [String: JSONValue] = [
        "thresholding": false, "dynamic_thresholding_ratio": 0.995, "sample_max_value": 1.0,
    ]
    private static let schedule = trained.merging(thresholds) { $1 }.merging([
        "steps_offset": 0, "rescale_betas_zero_snr": false,
    ]) { $1 }

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

    /// Keys and defaults of `diffusers.DPMSolverSinglestepScheduler` (0.42).
    static let dpmSolverSinglestep = DiffusersClass(
        name: "DPMSolverSinglestepScheduler",
        defaults: trained.merging([
            "solver_order": 2, "algorithm_type": "dpmsolver++", "solver_type": "midpoint",
            "lower_order_final": false, "use_karras_sigmas": false, "use_exponential_sigmas": false,
            "use_beta_sigmas": false, "use_flow_sigmas": false, "flow_shift": 1.0,
            "final_sigmas_type": "zero", "lambda_min_clipped": .real(-.infinity), "variance_type": .null,
            "use_dynamic_shifting": false, "time_shift_type": "exponential",
        ]) { $1 }.merging(thresholds) { $1 })

    /// Keys and defaults of `diffusers.UniPCMultistepScheduler` (0.42).
    static let uniPC = DiffusersClass(
        name: "UniPCMultistepScheduler",
        defaults: schedule.merging([
            "solver_order": 2, "predict_x0": true, "solver_type": "bh2", "lower_order_final": true,
            "disable_corrector": [], "solver_p": .null, "use_karras_sigmas": false,
            "use_exponential_sigmas": false, "use_beta_sigmas": false, "use_flow_sigmas": false,
            "flow_shift": 1.0, "timestep_spacing": "linspace", "final_sigmas_type": "zero",
            "use_dynamic_shifting": false, "time_shift_type": "exponential", "sigma_min": .null,
            "sigma_max": .null, "shift_terminal": .null,
        ]) { $1 })

    /// Keys and defaults of `diffusers.EulerDiscreteScheduler` (0.42).
    static let euler = DiffusersClass(
        name: "EulerDiscreteScheduler",
        defaults: trained.merging([
            "interpolation_type": "linear", "use_karras_sigmas": false, "use_exponential_sigmas": false,
            "use_beta_sigmas": false, "sigma_min": .null, "sigma_max": .null,
            "timestep_spacing": "linspace", "timestep_type": "discrete", "steps_offset": 0,
            "rescale_betas_zero_snr": false, "final_sigmas_type": "zero",
        ]) { $1 })

    /// Keys and defaults of `diffusers.CogVideoXDDIMScheduler` and `CogVideoXDPMScheduler` (0.42).
    private static func cogVideoX(name: String) -> DiffusersClass {
        DiffusersClass(
            name: name,
            defaults: trained.merging([
                "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
                "clip_sample": true, "set_alpha_to_one": true, "steps_offset": 0, "clip_sample_range": 1.0,
                "sample_max_value": 1.0, "timestep_spacing": "leading", "rescale_betas_zero_snr": false,
                "snr_shift_scale": 3.0,
            ]) { $1 })
    }

    /// Keys and defaults of `diffusers.FlowMatchEulerDiscreteScheduler` (0.42).
    static let flowMatchEuler = DiffusersClass(
        name: "FlowMatchEulerDiscreteScheduler",
        defaults: [
            "num_train_timesteps": 1000, "shift": 1.0, "use_dynamic_shifting": false, "base_shift": 0.5,
            "max_shift": 1.15, "base_image_seq_len": 256, "max_image_seq_len": 4096,
            "invert_sigmas": false, "shift_terminal": .null, "use_karras_sigmas": false,
            "use_exponential_sigmas": false, "use_beta_sigmas": false, "time_shift_type": "exponential",
            "stochastic_sampling": false,
        ])
}
