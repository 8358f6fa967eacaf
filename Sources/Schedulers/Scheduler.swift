/// The way from noise to a sample: which timesteps the model is asked at, and the update after each answer.
///
/// A scheduler is a value and keeps no state: what an update remembers lies in the caller's `SchedulerHistory`.
/// Everything is indexed by the number of the step, so a timestep may appear twice. The arithmetic is
/// diffusers', in Float and in its order, because differences of numbers near 1 decide its last digits.
public protocol Scheduler: Sendable {
    /// Timestep of training that the model is given at each step, in order of execution; some schedules visit points
    /// between two whole ones.
    var timesteps: [Double] { get }

    /// Whether `step` needs the model's variance channels (`learned_range`).
    var readsVariance: Bool { get }

    /// What the first noise is multiplied by: diffusers' `init_noise_sigma`.
    var initialNoiseScale: Float { get }

    /// What the sample is divided by for the model alone: diffusers' `scale_model_input`.
    func inputDivisor(atStep step: Int) -> Float

    /// How often normal noise of the sample's shape is drawn at the given step; `step` takes the last draw.
    func noiseDraws(atStep step: Int) -> Int

    /// Names of the arrays that a trajectory carries from step to step, each of the sample's shape.
    var remembered: [String] { get }

    /// Factors of x₀ and of ε in the sample before step `i`, in 0 … steps: √ᾱ and √(1 − ᾱ) of the step's timestep,
    /// 1 − σ and σ of a flow.
    ///
    /// `i` = steps is the final sample; there they are 1 and 0 unless the scheduler ends with noise left.
    func scales(beforeStep i: Int) -> (signal: Double, noise: Double)

    /// Whether signal and noise always sum to 1.
    var isFlow: Bool { get }

    /// Takes step `step`, in place: nothing is allocated but the first step's history.
    ///
    /// - Parameters:
    ///   - sample: [C·H·W], what the model was given before ``inputDivisor(atStep:)``; becomes the sample after the step.
    ///   - modelOutput: [C·H·W], after guidance.
    ///   - variance: [C·H·W] in −1 … 1, the model's own, if `readsVariance`; else unused.
    ///   - noise: [C·H·W], standard normal, the last that was drawn, if any is; else unused.
    ///   - history: What earlier steps left; new for each trajectory.
    /// - Precondition: The arrays that are needed are given, and of one length.
    func step(
        _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
        history: inout SchedulerHistory
    )
}

extension Scheduler {
    /// False: only `learned_range` reads the variance channels.
    public var readsVariance: Bool { false }

    /// 1: all but Euler start from unit noise.
    public var initialNoiseScale: Float { 1 }

    /// 1: all but Euler show the model the sample itself.
    public func inputDivisor(atStep step: Int) -> Float { 1 }

    /// None: only what samples a stochastic process draws noise.
    public func noiseDraws(atStep step: Int) -> Int { 0 }

    /// None: only solvers of more steps than one look back.
    public var remembered: [String] { [] }

    /// False: most schedules preserve the variance.
    public var isFlow: Bool { false }

    /// What the sample before step `i`, in 0 … steps, is multiplied by for a path that bends only as the model bends it.
    ///
    /// While the model says the same x₀ and ε, x/signal moves on a straight line, as does x/(signal + noise), which
    /// never grows without bound. The first is DDIM's own coordinate, and that of a process which starts with signal.
    /// A flow starts without, and its sample as it is moves straight along the model's velocity: there the sum is 1.
    /// The sum serves as well where ᾱ starts at 0.
    public func pathScale(beforeStep i: Int) -> Double {
        let (signal, noise) = scales(beforeStep: i)
        return 1 / (isFlow || scales(beforeStep: 0).signal == 0 ? signal + noise : signal)
    }
}

/// What a trajectory's earlier steps leave for its later ones.
public struct SchedulerHistory: Sendable, Equatable, Codable {
    /// [C·H·W] each, one for each name in the scheduler's `remembered`; none before the first step.
    public internal(set) var arrays: [[Float]]

    /// The history before step 0, or that of a trajectory which goes on.
    public init(arrays: [[Float]] = []) { self.arrays = arrays }

    /// Makes room at a trajectory's first step.
    mutating func prepare(_ count: Int, for sample: [Float], step: Int) {
        if step == 0, arrays.isEmpty {
            arrays = Array(repeating: Array(repeating: 0, count: sample.count), count: count)
        }
        precondition(arrays.count == count, "step \(step) needs the history of step \(step - 1)")
        for array in arrays { expect(array, "the history", of: sample) }
    }
}

/// The scheduler that a configuration describes, for the given number of steps.
///
/// - Throws: `SchedulerError` if the configuration has no such schedule.
public func makeScheduler(
    _ configuration: SchedulerConfiguration, steps: Int
) throws(SchedulerError) -> any Scheduler {
    try configuration.check(steps: steps)
    let scheduler: any Scheduler
    switch configuration.kind {
    case .ddim:
        let schedule = try NoiseSchedule(configuration)
        scheduler = try DDIMScheduler(configuration, schedule, configuration.timesteps(steps: steps))
    case .ddpm:
        let schedule = try NoiseSchedule(configuration)
        scheduler = try DDPMScheduler(configuration, schedule, configuration.timesteps(steps: steps))
    case .dpmSolverPlusPlus: scheduler = try DPMSolverScheduler(configuration, steps: steps)
    case .dpmSolverSinglestep: scheduler = try DPMSolverSinglestepScheduler(configuration, steps: steps)
    case .uniPC: scheduler = try UniPCScheduler(configuration, steps: steps)
    case .euler: scheduler = try EulerScheduler(configuration, steps: steps)
    case .cogVideoXDDIM: scheduler = try CogVideoXDDIMScheduler(configuration, steps: steps)
    case .cogVideoXDPM: scheduler = try CogVideoXDPMScheduler(configuration, steps: steps)
    case .flowMatchEuler: scheduler = try FlowEulerScheduler(configuration, steps: steps)
    }
    for step in 0...steps {
        let (signal, noise) = scheduler.scales(beforeStep: step)
        guard signal >= 0, noise >= 0, signal.isFinite, noise.isFinite else {
            throw SchedulerError(
                "noise levels: expected shares of signal and noise that are not negative, found \(signal) and "
                    + "\(noise) before step \(step); see sigma_min, sigma_max and shift")
        }
    }
    if configuration.prediction == .epsilon, scheduler.scales(beforeStep: 0).signal == 0 {
        throw SchedulerError(
            "prediction_type: expected v_prediction or sample, since rescale_betas_zero_snr leaves no signal at "
                + "timestep \(Int(scheduler.timesteps[0])) from which ε could tell x₀, found epsilon; use "
                + "timestep_spacing leading, which leaves that timestep out")
    }
    return scheduler
}
