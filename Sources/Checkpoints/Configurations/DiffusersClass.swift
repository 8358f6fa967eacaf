/// A class of diffusers: its name and what its configuration's keys are when a file leaves them out.
public struct DiffusersClass: Sendable {
    /// Its name.
    public let name: String
    /// The values of keys that a file leaves out; the class has no others.
    public let defaults: [String: JSONValue]

    /// A class of the given keys.
    public init(name: String, defaults: [String: JSONValue]) {
        self.name = name
        self.defaults = defaults
    }
}

extension DiffusersClass {
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
