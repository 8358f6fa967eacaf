/// The contents of `scheduler/scheduler_config.json`, each missing key at its diffusers class's default.
public struct SchedulerConfiguration: Sendable, Equatable, Codable {
    /// The update rule.
    public var kind: Kind
    /// Timesteps of training.
    public var trainTimesteps = 1000
    /// First beta.
    public var betaStart = 0.0001
    /// Last beta.
    public var betaEnd = 0.02
    /// The way between them.
    public var betaSchedule = BetaSchedule.linear
    /// Betas given one by one, instead of the three above.
    public var trainedBetas: [Double]?
    /// Which timesteps are visited; until set, the default of `kind`'s diffusers class.
    public var spacing: Spacing {
        get { givenSpacing ?? kind.defaultSpacing }
        set { givenSpacing = newValue }
    }
    /// What `leading` adds to each timestep.
    public var stepsOffset = 0
    /// What the model's output is.
    public var prediction = PredictionType.epsilon
    /// Whether x₀ is clipped to `clipRange`.
    ///
    /// Until set, DDIM and DDPM clip; the others never do.
    public var clipsSample: Bool {
        get { (kind == .ddim || kind == .ddpm) && (givenClipping ?? true) }
        set { givenClipping = newValue }
    }
    /// The bound of that clipping.
    public var clipRange = 1.0
    /// DDIM: whether ᾱ behind the last step is 1, or else ᾱ₀.
    public var setAlphaToOne = true
    /// DDPM's variance.
    public var variance = Variance.fixedSmall
    /// DDIM's η: 0 is deterministic, 1 as noisy as DDPM.
    public var eta = 0.0
    /// DPM-Solver++ and UniPC: their order, 1 … 3.
    public var solverOrder = 2
    /// DPM-Solver++ and UniPC: whether the last steps fall back to lower orders (DPM-Solver++ below 15 steps).
    public var lowerOrderFinal = true
    /// DPM-Solver++: whether the last step is always of order 1.
    public var eulerAtFinal = false
    /// Solvers in σ: whether σ behind the last step is 0, or else σ of timestep 0.
    public var finalSigmaIsZero = true
    /// Whether ᾱ is moved so that training ends at noise alone, diffusers' `rescale_betas_zero_snr`.
    public var endsAtNoise: Bool {
        get { givenEnd ?? false }
        set { givenEnd = newValue ? true : nil }
    }
    /// Solvers in σ: a rule by which the levels lie between the first and the last; nil: as the timesteps say.
    public var sigmaSpacing: SigmaSpacing?
    /// The way of a flow, where the model was trained on one; nil: the betas'.
    public var flow: FlowSchedule?
    /// Euler: what lies between whole timesteps; nil: linear.
    public var interpolation: Interpolation?
    /// CogVideoX's: by what 1/ᾱ − 1 is multiplied, diffusers' `snr_shift_scale`; nil: 3.
    public var signalToNoiseShift: Double?
    /// UniPC's own; nil: its defaults.
    public var uniPC: UniPCSettings?

    // The two settings whose default depends on the class: kept apart from it, so that a change of class
    // carries over only what was really given.
    private var givenSpacing: Spacing?
    private var givenClipping: Bool?
    // As all that came later nil until set, so that what was there before is written, and hashed, as it was.
    private var givenEnd: Bool?

    /// diffusers' defaults for the given class.
    public init(_ kind: Kind) {
        self.kind = kind
        if kind == .dpmSolverSinglestep { lowerOrderFinal = false }
        if kind == .flowMatchEuler {
            flow = FlowSchedule()
            prediction = .flow
        }
        if kind.shiftsRatio {
            betaStart = 0.00085
            betaEnd = 0.012
            betaSchedule = .scaledLinear
        }
    }

    /// The same way without noise drawn on it: DDIM at η = 0 in place of what always draws.
    public var withoutNoise: SchedulerConfiguration {
        var configuration =
            switch kind {
            case .ddpm: converted(to: .ddim)
            case .cogVideoXDPM: converted(to: .cogVideoXDDIM)
            default: self
            }
        configuration.eta = 0
        configuration.flow?.isStochastic = false
        return configuration
    }

    /// The same schedule under another update rule, as diffusers' `OtherScheduler.from_config(scheduler.config)`.
    ///
    /// What was set stays; what was not takes the other class's default.
    public func converted(to kind: Kind) -> SchedulerConfiguration {
        var configuration = self
        configuration.kind = kind
        return configuration
    }
}
