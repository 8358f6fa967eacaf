/// The way from noise to a sample: which timesteps the model is asked at, and the update after each answer.
///
/// A scheduler is a value and keeps no state: what an update remembers lies in the caller's `SchedulerHistory`.
/// Everything is indexed by the number of the step, so a timestep may appear twice. The arithmetic is
/// diffusers', in Float and in its order, because differences of numbers near 1 decide its last digits.
public protocol Scheduler: Sendable {
    /// Timestep of training that the model is given at each step, in order of execution; some
    /// schedules visit points between two whole ones.
    var timesteps: [Double] { get }

    /// Whether `step` needs the model's variance channels (`learned_range`).
    var readsVariance: Bool { get }

    /// Whether `step` wants one draw of normal noise of the sample's shape at the given step.
    func drawsNoise(atStep step: Int) -> Bool

    /// Whether each step leaves its prediction of x₀ to the next.
    var remembersOriginal: Bool { get }

    /// √ᾱ that belongs to the sample before step `i`, in 0 … steps: that of the step's timestep.
    ///
    /// `i` = steps is the final sample; there it is 1 unless the scheduler ends with noise left.
    func signalScale(beforeStep i: Int) -> Double

    /// Takes step `step`, in place: nothing is allocated but the first step's history.
    ///
    /// - Parameters:
    ///   - sample: [C·H·W], what the model was given; becomes the sample after the step.
    ///   - modelOutput: [C·H·W], after guidance.
    ///   - variance: [C·H·W] in −1 … 1, the model's own, if `readsVariance`; else unused.
    ///   - noise: [C·H·W], standard normal, if `drawsNoise(atStep: step)`; else unused.
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

    /// False: only DPM-Solver++ looks back.
    public var remembersOriginal: Bool { false }
}

/// What a trajectory's earlier steps leave for its later ones.
public struct SchedulerHistory: Sendable, Equatable, Codable {
    /// [C·H·W]: x₀ as the previous step predicted it, where the scheduler remembers it.
    public internal(set) var previousOriginal: [Float]?

    /// The history before step 0, or that of a trajectory which goes on.
    public init(previousOriginal: [Float]? = nil) { self.previousOriginal = previousOriginal }
}

/// The scheduler that a configuration describes, for the given number of steps.
///
/// - Throws: `SchedulerError` if the configuration has no such schedule.
public func makeScheduler(
    _ configuration: SchedulerConfiguration, steps: Int
) throws(SchedulerError) -> any Scheduler {
    guard configuration.clipRange >= 0 else {
        throw SchedulerError("clip_sample_range: expected at least 0, found \(configuration.clipRange)")
    }
    let schedule = try NoiseSchedule(configuration)
    let timesteps = try configuration.timesteps(steps: steps)
    switch configuration.kind {
    case .ddim: return try DDIMScheduler(configuration, schedule, timesteps)
    case .ddpm: return DDPMScheduler(configuration, schedule, timesteps)
    case .dpmSolverPlusPlus: return try DPMSolverScheduler(configuration, schedule, timesteps)
    }
}
