extension SchedulerConfiguration {
    /// The update rule.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// `DDIMScheduler`.
        case ddim
        /// `DDPMScheduler`.
        case ddpm
        /// `DPMSolverMultistepScheduler`, dpmsolver++, midpoint.
        case dpmSolverPlusPlus = "dpmsolver++"
        /// `DPMSolverSinglestepScheduler`, dpmsolver++, midpoint.
        case dpmSolverSinglestep = "dpmsolver++-singlestep"
        /// `UniPCMultistepScheduler`.
        case uniPC = "unipc"
        /// `EulerDiscreteScheduler`.
        case euler
        /// `FlowMatchEulerDiscreteScheduler`.
        case flowMatchEuler = "flow-match-euler"
        /// `CogVideoXDDIMScheduler`.
        case cogVideoXDDIM = "cogvideox-ddim"
        /// `CogVideoXDPMScheduler`.
        case cogVideoXDPM = "cogvideox-dpm"

        /// Whether it solves in σ from unit noise, with a point more than there are steps.
        var solvesInSigma: Bool {
            self == .dpmSolverPlusPlus || self == .dpmSolverSinglestep || self == .uniPC
        }
        /// Whether it can go the way of a flow.
        public var followsFlow: Bool { solvesInSigma || self == .flowMatchEuler }
        /// Whether it changes the signal-to-noise ratio that the betas say.
        public var shiftsRatio: Bool { self == .cogVideoXDDIM || self == .cogVideoXDPM }
        /// diffusers' default for its class.
        var defaultSpacing: Spacing { self == .ddim || self == .ddpm || shiftsRatio ? .leading : .linspace }
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
        /// ε − x₀, of a flow.
        case flow = "flow_prediction"
    }
    /// What σ is between whole timesteps.
    public enum Interpolation: String, Sendable, Codable {
        /// On a line.
        case linear
        /// Not what lies at the timesteps, but evenly in log σ: diffusers' `log_linear`.
        case logLinear = "log_linear"
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
}
