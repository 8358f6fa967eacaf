import Schedulers

extension SchedulerConfiguration {
    /// Reads `scheduler/scheduler_config.json`: `DDIMScheduler`, `DDPMScheduler`, or
    /// `DPMSolverMultistepScheduler` as DPM-Solver++ of order 1 or 2 with the midpoint rule.
    ///
    /// `dynamic_thresholding_ratio` and `sample_max_value` mean nothing without `thresholding`, nor do
    /// `flow_shift` and `time_shift_type` without the flow's sigmas. Keys of diffusers' other schedulers say nothing:
    /// a scheduler that was made of another by `from_config` keeps them in its file.
    /// - Throws: `.missingFile`, `.invalid` for a value that is not supported.
    public init(diffusers files: any FileTree, _ path: String) throws(CheckpointError) {
        try self.init(Self.reader(files, path))
    }

    /// The scheduler of a class, whatever class its file is of, as diffusers' `Other.from_config(scheduler.config)`.
    /// - Throws: `.invalid` if the file holds a value of that class that is not supported.
    public init(_ reader: ConfigurationReader, as kind: Kind) throws(CheckpointError) {
        let subject: DiffusersClass =
            switch kind {
            case .ddim: .ddim
            case .ddpm: .ddpm
            case .dpmSolverPlusPlus: .dpmSolver
            }
        try self.init(reader.of(subject))
    }

    /// A file of one of the three classes.
    /// - Throws: `.missingFile`, `.invalid` if it is of none.
    public static func reader(_ files: any FileTree, _ path: String) throws(CheckpointError)
        -> ConfigurationReader
    {
        try ConfigurationReader(
            files, path, classes: [.ddim, .ddpm, .dpmSolver], others: DiffusersClass.schedulerKeys)
    }

    /// What the reader's class makes of the file.
    /// - Throws: `.invalid` for a value that is not supported.
    public init(_ reader: ConfigurationReader) throws(CheckpointError) {
        try reader.require([
            "thresholding": [false], "rescale_betas_zero_snr": [false],
            "algorithm_type": ["dpmsolver++"], "use_karras_sigmas": [false],
            // As diffusers, which takes the rules of DEIS and UniPC for its own.
            "solver_type": ["midpoint", "logrho", "bh1", "bh2"],
            "use_exponential_sigmas": [false], "use_beta_sigmas": [false], "use_lu_lambdas": [false],
            "use_flow_sigmas": [false], "use_dynamic_shifting": [false],
            "lambda_min_clipped": [.real(-.infinity)], "final_sigmas_type": ["zero", "sigma_min"],
        ])
        switch reader.subject.name {
        case DiffusersClass.ddim.name:
            self.init(.ddim)
            setAlphaToOne = try reader.flag("set_alpha_to_one")
        case DiffusersClass.ddpm.name:
            self.init(.ddpm)
            // DPM-Solver's null is what diffusers computes as fixed_small.
            if reader.value("variance_type") != .null {
                variance = try reader.choice(
                    "variance_type", among: [.fixedSmall, .fixedLarge, .learnedRange])
            }
        default:
            self.init(.dpmSolverPlusPlus)
            // DDPM's own say nothing here.
            try reader.require([
                "variance_type": [
                    .null, "fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log",
                ]
            ])
            solverOrder = try reader.integer("solver_order", in: 1...2)
            lowerOrderFinal = try reader.flag("lower_order_final")
            eulerAtFinal = try reader.flag("euler_at_final")
            finalSigmaIsZero = reader.value("final_sigmas_type") == "zero"
        }
        if kind != .dpmSolverPlusPlus {
            let clips = try reader.flag("clip_sample")
            if reader.isGiven("clip_sample") { clipsSample = clips }
            clipRange = try reader.positive("clip_sample_range")
        }
        trainTimesteps = try reader.integer("num_train_timesteps", in: 1...1_000_000)
        betaStart = try reader.positive("beta_start")
        betaEnd = try reader.positive("beta_end")
        guard betaStart < 1 else { throw reader.unsupported("beta_start", "a number between 0 and 1") }
        guard betaEnd < 1 else { throw reader.unsupported("beta_end", "a number between 0 and 1") }
        betaSchedule = try reader.choice("beta_schedule", among: [.linear, .scaledLinear, .squaredCosine])
        trainedBetas = try Self.trainedBetas(reader, count: trainTimesteps)
        // Only what the file says is inherited when another scheduler is made of it, as in diffusers.
        if reader.isGiven("timestep_spacing") {
            spacing = try reader.choice("timestep_spacing", among: [.leading, .trailing, .linspace])
        }
        stepsOffset = try reader.integer("steps_offset", in: 0...trainTimesteps - 1)
        prediction = try reader.choice("prediction_type", among: [.epsilon, .velocity, .sample])
    }

    private static func trainedBetas(
        _ reader: ConfigurationReader, count: Int
    ) throws(CheckpointError) -> [Double]? {
        let key = "trained_betas"
        if reader.value(key) == .null { return nil }
        guard case .array(let values) = reader.value(key), values.count == count else {
            throw reader.unsupported(key, "null or num_train_timesteps (\(count)) numbers between 0 and 1")
        }
        let betas = values.compactMap(\.number).filter { $0 > 0 && $0 < 1 }
        guard betas.count == count else {
            throw reader.unsupported(key, "null or num_train_timesteps (\(count)) numbers between 0 and 1")
        }
        return betas
    }
}
