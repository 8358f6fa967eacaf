/// The contents of `scheduler/scheduler_config.json`, each missing key at its diffusers class's default.
public struct SchedulerConfiguration: Sendable, Equatable, Codable {
    /// The update rule.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// `DDIMScheduler`.
        case ddim
        /// `DDPMScheduler`.
        case ddpm
        /// `DPMSolverMultistepScheduler`, dpmsolver++, midpoint.
        case dpmSolverPlusPlus = "dpmsolver++"
    }
    /// How the betas of training run from `betaStart` to `betaEnd`.
    public enum BetaSchedule: String, Sendable, Codable {
        /// Evenly.
        case linear
        /// Evenly in the square root.
        case scaledLinear = "scaled_linear"
        /// From the squared cosine of Nichol and Dhariwal (arXiv 2102.09672).
        case squaredCosine = "squaredcos_cap_v2"
    }
    /// Which timesteps of training the steps visit.
    public enum Spacing: String, Sendable, Codable, CaseIterable {
        /// diffusers' `timestep_spacing: leading`.
        case leading
        /// diffusers' `timestep_spacing: trailing`.
        case trailing
        /// diffusers' `timestep_spacing: linspace`.
        case linspace
    }
    /// What the model's output is.
    public enum PredictionType: String, Sendable, Codable {
        /// The noise ε.
        case epsilon
        /// √ᾱ·ε − √(1−ᾱ)·x₀.
        case velocity = "v_prediction"
        /// x₀ itself.
        case sample
    }
    /// DDPM's variance.
    public enum Variance: String, Sendable, Codable {
        /// The posterior's, diffusers' `fixed_small`.
        case fixedSmall = "fixed_small"
        /// β, diffusers' `fixed_large`.
        case fixedLarge = "fixed_large"
        /// Between the two by the model's own word, diffusers' `learned_range`.
        case learnedRange = "learned_range"
    }

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
        get { givenSpacing ?? (kind == .dpmSolverPlusPlus ? .linspace : .leading) }
        set { givenSpacing = newValue }
    }
    /// What `leading` adds to each timestep.
    public var stepsOffset = 0
    /// What the model's output is.
    public var prediction = PredictionType.epsilon
    /// Whether x₀ is clipped to `clipRange`.
    ///
    /// Until set, DDIM and DDPM clip; DPM-Solver++ never does.
    public var clipsSample: Bool {
        get { kind != .dpmSolverPlusPlus && (givenClipping ?? true) }
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
    /// DPM-Solver++: its order, 1 or 2.
    public var solverOrder = 2
    /// DPM-Solver++: whether the last step falls back to order 1 (below 15 steps).
    public var lowerOrderFinal = true
    /// DPM-Solver++: whether the last step is always of order 1.
    public var eulerAtFinal = false
    /// DPM-Solver++: whether σ behind the last step is 0, or else σ of timestep 0.
    public var finalSigmaIsZero = true

    // The two settings whose default depends on the class: kept apart from it, so that a change of class
    // carries over only what was really given.
    private var givenSpacing: Spacing?
    private var givenClipping: Bool?

    /// diffusers' defaults for the given class.
    public init(_ kind: Kind) {
        self.kind = kind
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
