import CachePlanning
import Checkpoints
import RunTrace
import Schedulers
import Transport

/// A run in which every step is computed, and the gather stage watches what reuse would have done: what the
/// planner decides by (OmniCache, arXiv 2508.16212).
///
/// The tail watches and rank 0 gets the sums, so that they are the same bits on any number of ranks.
public struct Calibration: Sendable {
    /// What is run: as asked, but deterministic, with calibration's own images and no reuse.
    public let run: RunDescription

    /// Where calibration's seeds start: far from any that a user is likely to draw and to judge by.
    public static let firstSeed: UInt64 = 1 << 40

    /// Trajectories for `plan`.
    public static let trajectoriesToPlan = 8
    /// Trajectories for `sample` when it finds no plan.
    public static let trajectoriesToSample = 2

    /// A calibration.
    /// - Parameters:
    ///   - classes: classes that the model was trained on; the trajectories are spread over them.
    ///   - subject: the run to calibrate for.
    ///   - scheduler: its scheduler; noise is left out of it (DDIM at η = 0 with the same timesteps for DDPM), since a
    ///     noisy path's turns say nothing of the model.
    public init(
        trajectories: Int, classes: [Int], subject: PlanSubject, scheduler: SchedulerConfiguration,
        partition: Partition, tokens: Int
    ) throws(PlanError) {
        let images = (0..<trajectories).map { k in
            ImageRequest(
                label: classes[k * classes.count / trajectories], seed: Self.firstSeed + UInt64(k))
        }
        var deterministic = scheduler.kind == .ddpm ? scheduler.converted(to: .ddim) : scheduler
        deterministic.eta = 0
        run = RunDescription(
            images: images, guidance: subject.guidance, scheduler: deterministic,
            plan: try CachePlan.make(
                policy: .none, rules: SelectionRules(reuseFraction: 0), for: subject, calibration: nil),
            partition: partition,
            batching: MicroBatching(
                images: trajectories, tokens: tokens, ranks: partition.blockCounts.count))
    }

    /// Runs it on all ranks.
    /// - Returns: the sums on rank 0, and nothing elsewhere.
    /// - Throws: what a run throws, and `PlanError` if a prediction is not finite.
    public func summary(
        stage: LoadedStage, communicator: any Communicator, trace: TraceRecorder,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> CalibrationSummary? {
        let context = try StageContext(
            run: run, stage: stage, communicator: communicator, trace: trace, initialLatents: nil)
        let isTail = communicator.rank == communicator.size - 1
        let observer = isTail ? CalibrationObserver(context) : nil
        try PipelineStage(context, decoding: nil, observer: observer).run(progress: progress)
        let all = try communicator.gather(try observer?.summaries() ?? [], to: 0)
        return all.last?.reduce(into: CalibrationSummary?.none) { sum, own in
            if sum == nil { sum = own } else { sum?.merge(own) }
        }
    }
}

/// Records what the gather stage of a calibration sees, one accumulator for each trajectory.
private final class CalibrationObserver: GatherObserver {
    private let context: StageContext
    private var accumulators: [CalibrationAccumulator]

    var residualDepth: Int { CalibrationSummary.reach }

    init(_ context: StageContext) {
        self.context = context
        let shape = context.latentShape
        accumulators = context.run.images.map { _ in
            CalibrationAccumulator(
                steps: context.run.steps, channels: shape[0], height: shape[1], width: shape[2])
        }
    }

    func observe(image: Int, step: Int, latent: [Float], computed: Prediction, reused: [Int: Prediction]) {
        accumulators[image].record(point: step, values: scaled(latent, step: step))
        accumulators[image].record(
            step: step, output: computed.output, reusedOutputs: reused.mapValues(\.output))
    }

    func observe(image: Int, finished latent: [Float]) {
        accumulators[image].record(point: context.run.steps, values: scaled(latent, step: context.run.steps))
    }

    /// In order of the images, so that sums are the same bits however images were grouped.
    func summaries() throws(PlanError) -> [CalibrationSummary] {
        var all: [CalibrationSummary] = []
        for accumulator in accumulators { all.append(try accumulator.finish()) }
        return all
    }

    /// x / √ᾱ, the coordinates in which a path bends only as the model bends it.
    private func scaled(_ latent: [Float], step: Int) -> [Float] {
        let scale = Float(1 / context.scheduler.signalScale(beforeStep: step))
        return latent.map { $0 * scale }
    }
}
