import CachePlanning
import Checkpoints
import Models
import RunTrace
import Schedulers
import Transport

/// A run in which every step is computed, and the gather stage watches what reuse would have done: what the
/// planner decides by (OmniCache, arXiv 2508.16212).
///
/// Beside each trajectory run two *probes*: the same image again, which takes what reuse would have predicted at one
/// step, each probe at another. What becomes of it shows how much an error made there means in the end. The tail
/// watches and rank 0 gets the sums, so that they are the same bits on any number of ranks.
public struct Calibration: Sendable {
    /// What is run: as asked, but deterministic, with calibration's own images and no reuse; trajectories first, then
    /// probes.
    public let run: RunDescription
    /// How many of the images are trajectories.
    let trajectories: Int
    /// What reuse is tried with.
    let reuseOf: ReusedPart
    /// Called on all ranks before each of its runs; what it throws, on all ranks alike, ends the calibration.
    public var beforeEachRun: @Sendable (any Communicator) throws -> Void = { _ in }

    /// Where calibration's seeds start: far from any that a user is likely to draw and to judge by.
    ///
    /// Noise depends on a seed's low 32 bits alone, so that it is those that must be far.
    public static let firstSeed: UInt64 = 0xB1A5_0000

    /// Whether any of `count` seeds from `first` on starts from the noise of one of `trajectories` of calibration's.
    public static func sharesNoise(first: UInt64, count: Int, trajectories: Int) -> Bool {
        let ahead = UInt32(truncatingIfNeeded: firstSeed) &- UInt32(truncatingIfNeeded: first)
        let behind = UInt32(truncatingIfNeeded: first) &- UInt32(truncatingIfNeeded: firstSeed)
        return count > 0 && (UInt64(ahead) < UInt64(count) || UInt64(behind) < UInt64(trajectories))
    }

    /// Trajectories that a plan is made of.
    public static let trajectoriesToPlan = 8
    /// Trajectories that a quick plan is made of.
    public static let trajectoriesToPlanQuickly = 2

    /// A calibration.
    /// - Parameters:
    ///   - classes: classes that the model was trained on; the trajectories are spread over them.
    ///   - subject: the run to calibrate for.
    ///   - reuseOf: what its reused steps will take.
    ///   - scheduler: its scheduler; noise is left out of it (DDIM at η = 0 with the same timesteps for DDPM), since a
    ///     noisy path's turns say nothing of the model.
    public init(
        trajectories: Int, classes: [Int], subject: PlanSubject, reuseOf: ReusedPart = .residual,
        scheduler: SchedulerConfiguration, partition: Partition, model: any DenoiserConfiguration
    ) throws(PlanError) {
        self.trajectories = trajectories
        self.reuseOf = reuseOf
        let steps = Self.probedSteps(steps: subject.steps, trajectories: trajectories)
        let images = (0..<trajectories + steps.count).map { image in
            let k = image % trajectories
            return ImageRequest(
                label: classes[k * classes.count / trajectories], seed: Self.firstSeed + UInt64(k))
        }
        run = RunDescription(
            images: images, guidance: model.guidance(scale: subject.guidance),
            scheduler: scheduler.withoutNoise,
            plan: try CachePlan.make(
                policy: .none, rules: SelectionRules(reuseFraction: 0), for: subject, calibration: nil),
            partition: partition,
            batching: MicroBatching(
                images: images.count, tokens: model.layout.rows, ranks: partition.blockCounts.count))
    }

    /// The step of each probe: two for each trajectory, spread over all steps that could be reused.
    static func probedSteps(steps: Int, trajectories: Int) -> [Int] {
        let count = steps > 1 ? 2 * trajectories : 0
        return (0..<count).map { 1 + (steps - 1) * (2 * $0 + 1) / (2 * count) }
    }

    /// Runs it on all ranks.
    /// - Returns: the sums on rank 0, and nothing elsewhere.
    /// - Throws: what a run throws, and `PlanError` if a prediction is not finite.
    public func summary(
        stage: LoadedStage, communicator: any Communicator, trace: TraceRecorder,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> CalibrationSummary? {
        let context = try context(run, stage, communicator, trace, sumSteps: sumSteps)
        let isTail = communicator.rank == communicator.size - 1
        let observer = isTail ? CalibrationObserver(context, trajectories: trajectories) : nil
        try PipelineStage(context, decoding: nil, observer: observer).run(progress: progress)
        let all = try communicator.gather(try observer?.summaries() ?? [], to: 0)
        return all.last?.reduce(into: CalibrationSummary?.none) { sum, own in
            if sum == nil { sum = own } else { sum?.merge(own) }
        }
    }

    /// Every step's modules, for as many steps as reuse and forecasts are tried with; nil where residuals are reused.
    private var sumSteps: [[Int]]? {
        guard reuseOf == .modules else { return nil }
        return (0..<run.steps).map { Array(($0 + 1..<run.steps).prefix(CalibrationSummary.modulesReach)) }
    }

    /// Runs the trajectories alone on all ranks, and watches modules.
    /// - Returns: their changes on rank 0, and nothing elsewhere.
    /// - Throws: what a run throws.
    public func moduleChanges(
        stage: LoadedStage, communicator: any Communicator, trace: TraceRecorder,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> ModuleChanges? {
        let context = try context(
            trajectoriesAlone(for: stage, ranks: communicator.size), stage, communicator, trace)
        let modules = ModuleObserver(context)
        try PipelineStage(context, decoding: nil, observer: nil, modules: modules).run(progress: progress)
        let all = try communicator.gather(modules.changes, to: 0)
        return all.dropFirst().reduce(into: all.first) { $0?.append($1) }
    }

    /// What one of its runs starts from.
    /// - Parameter sumSteps: [S], the later steps for which each step's modules are summed up, where not the plan's own.
    func context(
        _ run: RunDescription, _ stage: LoadedStage, _ communicator: any Communicator, _ trace: TraceRecorder,
        sumSteps: [[Int]]? = nil
    ) throws -> StageContext {
        try beforeEachRun(communicator)
        return try StageContext(
            run: run, stage: stage, communicator: communicator, trace: trace, initialLatents: nil,
            sumSteps: sumSteps)
    }

    /// The run without probes.
    func trajectoriesAlone(for stage: LoadedStage, ranks: Int) -> RunDescription {
        var alone = run
        alone.images = Array(run.images.prefix(trajectories))
        alone.batching = MicroBatching(
            images: trajectories, tokens: stage.denoiser.configuration.layout.rows, ranks: ranks)
        return alone
    }
}
