import Files
import Schedulers

extension SchedulerConfiguration {
    /// Reads `scheduler/scheduler_config.json` of one of `DiffusersClass.schedulers`; of DPM-Solver as DPM-Solver++ with
    /// the midpoint rule.
    ///
    /// `dynamic_thresholding_ratio` and `sample_max_value` mean nothing without `thresholding`, nor do
    /// `flow_shift` and `time_shift_type` without the flow's sigmas. Keys of diffusers' other schedulers say nothing:
    /// a scheduler that was made of another by `from_config` keeps them in its file.
    /// - Throws: `.missingFile`, `.invalid` for a value that is not supported.
    public init(diffusers files: any FileTree, _ path: String) throws(ReadError) {
        try self.init(Self.reader(files, path))
    }

    /// The scheduler of a class, whatever class its file is of, as diffusers' `Other.from_config(scheduler.config)`.
    /// - Throws: `.invalid` if the file holds a value of that class that is not supported.
    public init(_ reader: ConfigurationReader, as kind: Kind) throws(ReadError) {
        guard let subject = DiffusersClass.schedulers[kind] else {
            preconditionFailure("SchedulerConfiguration: \(kind) has no class")
        }
        try self.init(reader.of(subject))
    }

    /// A file of one of the classes.
    /// - Throws: `.missingFile`, `.invalid` if it is of none.
    public static func reader(_ files: any FileTree, _ path: String) throws(ReadError)
        -> ConfigurationReader
    {
        try ConfigurationReader(
            files, path, classes: Kind.allCases.compactMap { DiffusersClass.schedulers[$0] },
            others: DiffusersClass.schedulerKeys)
    }

    /// What the reader's class makes of the file.
    /// - Throws: `.invalid` for a value that is not supported.
    public init(_ reader: ConfigurationReader) throws(ReadError) {
        guard let kind = DiffusersClass.schedulers.first(where: { $0.value.name == reader.subject.name })?.key
        else { preconditionFailure("no scheduler is called \(reader.subject.name)") }
        self.init(kind)
        try reader.require([
            "thresholding": [false], "algorithm_type": ["dpmsolver++"],
            // As diffusers, in which the classes take each other's rules for their own.
            "solver_type": ["midpoint", "logrho", "bh1", "bh2"] + (kind == .uniPC ? ["heun"] : []),
            "use_lu_lambdas": [false], "lambda_min_clipped": [.real(-.infinity)],
            "final_sigmas_type": ["zero", "sigma_min"], "solver_p": [.null], "timestep_type": ["discrete"],
        ])
        trainTimesteps = try reader.integer("num_train_timesteps", in: 1...1_000_000)
        sigmaSpacing = try SigmaSpacing(reader)
        if kind == .flowMatchEuler {
            flow = try FlowSchedule(reader)
            return
        }
        try readBetas(reader)
        prediction = try reader.choice(
            "prediction_type",
            among: kind.followsFlow ? [.epsilon, .velocity, .sample, .flow] : [.epsilon, .velocity, .sample])
        if reader.hasKey("timestep_spacing") { try readTimesteps(reader) }
        switch kind {
        case .ddim:
            setAlphaToOne = try reader.flag("set_alpha_to_one")
            try readClipping(reader)
        case .ddpm:
            // DPM-Solver's null is what diffusers computes as fixed_small.
            if reader.value("variance_type") != .null {
                variance = try reader.choice(
                    "variance_type", among: [.fixedSmall, .fixedLarge, .learnedRange])
            }
            try readClipping(reader)
        case .cogVideoXDDIM, .cogVideoXDPM:
            setAlphaToOne = try reader.flag("set_alpha_to_one")
            let shift = try reader.positive("snr_shift_scale")
            signalToNoiseShift = shift == 3 ? nil : shift
        case .euler:
            interpolation =
                try reader.choice("interpolation_type", among: [Interpolation.linear, .logLinear]) == .linear
                ? nil : .logLinear
            finalSigmaIsZero = reader.value("final_sigmas_type") == "zero"
        default: try readSolver(reader)
        }
    }

    private mutating func readBetas(_ reader: ConfigurationReader) throws(ReadError) {
        betaStart = try reader.positive("beta_start")
        betaEnd = try reader.positive("beta_end")
        guard betaStart < 1 else { throw reader.unsupported("beta_start", "a number between 0 and 1") }
        guard betaEnd < 1 else { throw reader.unsupported("beta_end", "a number between 0 and 1") }
        betaSchedule = try reader.choice("beta_schedule", among: [.linear, .scaledLinear, .squaredCosine])
        trainedBetas = try Self.trainedBetas(reader, count: trainTimesteps)
        if reader.hasKey("rescale_betas_zero_snr") { endsAtNoise = try reader.flag("rescale_betas_zero_snr") }
    }

    private mutating func readTimesteps(_ reader: ConfigurationReader) throws(ReadError) {
        // Only what the file says is inherited when another scheduler is made of it, as in diffusers.
        if reader.isGiven("timestep_spacing") {
            spacing = try reader.choice("timestep_spacing", among: [.leading, .trailing, .linspace])
        }
        stepsOffset = try reader.integer("steps_offset", in: 0...trainTimesteps - 1)
    }

    private mutating func readClipping(_ reader: ConfigurationReader) throws(ReadError) {
        let clips = try reader.flag("clip_sample")
        if reader.isGiven("clip_sample") { clipsSample = clips }
        clipRange = try reader.positive("clip_sample_range")
    }

    /// What DPM-Solver++ and UniPC read.
    private mutating func readSolver(_ reader: ConfigurationReader) throws(ReadError) {
        try reader.require([
            "use_dynamic_shifting": [false],
            // DDPM's own say nothing here.
            "variance_type": [.null, "fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log"],
        ])
        solverOrder = try reader.integer("solver_order", in: 1...3)
        lowerOrderFinal = try reader.flag("lower_order_final")
        finalSigmaIsZero = reader.value("final_sigmas_type") == "zero"
        if reader.hasKey("euler_at_final") { eulerAtFinal = try reader.flag("euler_at_final") }
        if try reader.flag("use_flow_sigmas") {
            flow = FlowSchedule()
            flow?.shift = try reader.positive("flow_shift")
            if kind == .uniPC { flow?.terminal = try reader.share("shift_terminal") }
        }
        if kind == .uniPC { uniPC = try UniPCSettings(reader, steps: trainTimesteps) }
    }

    private static func trainedBetas(
        _ reader: ConfigurationReader, count: Int
    ) throws(ReadError) -> [Double]? {
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
