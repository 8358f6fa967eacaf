import CachePlanning
import Checkpoints
import Engines
import Models
import RunTrace
import Sampling
import Schedulers
import Transport

/// The calibration of a model for one sampler: an earlier one, or one made now.
struct ModelCalibration {
    let model: RankModel
    let session: RankSession
    let scheduler: SchedulerConfiguration
    let subject: PlanSubject
    /// What reused steps take.
    var reuseOf = ReusedPart.residual

    /// Told how much of a piece of work is done, of how much.
    typealias Progress = (_ done: Int, _ of: Int) -> Void

    static let takenFromEarlierRun = "omnicache: taking the plan that an earlier run found for this model"

    /// What an earlier run has found with so many trajectories; asked on rank 0 alone.
    func earlier(trajectories: Int) -> CalibrationSummary? {
        store.load(trajectories: trajectories, modelHash: subject.modelHash, steps: subject.steps)
    }

    /// Calibrates on all ranks that share the model's blocks, and keeps the result for later runs.
    /// - Parameter progress: default: a display of its own.
    /// - Returns: the sums on the first of them, and nothing elsewhere.
    func run(trajectories: Int, progress: Progress? = nil) throws -> CalibrationSummary? {
        let summary = try run(trajectories: trajectories, progress) { calibration, trace, progress in
            try calibration.summary(
                stage: model.stage, communicator: model.pipeline, trace: trace, progress: progress)
        }
        if let summary, let problem = store.save(summary, modelHash: subject.modelHash) {
            session.warn(problem)
        }
        return summary
    }

    /// Calibrates how modules change, on all ranks that share the model's blocks.
    /// - Returns: the sums on the first of them, and nothing elsewhere.
    func moduleChanges(trajectories: Int) throws -> ModuleChanges? {
        try run(trajectories: trajectories, nil) { calibration, trace, progress in
            try calibration.moduleChanges(
                stage: model.stage, communicator: model.pipeline, trace: trace, progress: progress)
        }
    }

    /// Finds the rule of a dynamic policy that costs as much as so many steps on average, on all ranks that share the
    /// model's blocks.
    func rule(of policy: any DynamicPolicy, costing budget: Int, trajectories: Int) throws -> DynamicRule {
        let calibration = try calibration(trajectories: trajectories)
        session.say(
            "omnicache: looking for the threshold at which \(policy.name.rawValue) costs as much "
                + "as \(counted(budget, "step")), with \(counted(trajectories, "trajectory", "trajectories"))"
        )
        let progress = ProgressDisplay("runs", isSilent: !session.isFirst)
        return try calibration.rule(
            of: policy,
            computing: policy.rule(threshold: 0, steps: subject.steps).computedSteps(
                costing: Double(budget), of: subject.steps,
                blocks: model.opened.folder.denoiser.blocks),
            stage: model.stage, communicator: model.pipeline, trace: recorder
        ) { progress.show($0, of: max($0, Self.usualRuns)) }.rule
    }

    /// The plan, of some made of one calibration, that serves best with the forecast that serves it best; on all ranks
    /// that share the model's blocks.
    /// - Parameters:
    ///   - summary: of the calibration that the plans were made of, on the first of them.
    ///   - progress: default: a display of its own.
    func bestForecast(
        for plans: [CachePlan], _ summary: CalibrationSummary?, progress: Progress? = nil
    ) throws -> CachePlan {
        let pipeline = model.pipeline
        let earlier = try pipeline.decide { known(bestOf: plans) }
        if let earlier { return earlier }
        let calibration = try calibration(trajectories: plans[0].calibration.trajectories)
        let display = ProgressDisplay("forecasts", isSilent: !session.isFirst)
        let best = try calibration.best(
            of: plans, outputEnergies: summary?.meanOutputEnergies ?? [], stage: model.stage,
            communicator: pipeline, trace: recorder, progress: progress ?? { display.show($0, of: $1) }
        ).plan
        keep(best, as: Self.key(plans))
        return best
    }

    /// How a plan stands beside plain samplers of equal cost, on all ranks that share the model's blocks; nil if it saves
    /// nothing.
    func comparison(of plan: CachePlan, progress: Progress) throws -> PlanComparison? {
        let pipeline = model.pipeline
        let earlier = try pipeline.decide { knownComparison(of: plan) }
        if let earlier { return earlier }
        let comparison = try calibration(trajectories: plan.calibration.trajectories).comparison(
            of: plan, stage: model.stage, communicator: pipeline, trace: recorder, progress: progress)
        if let comparison, pipeline.rank == 0, let problem = store.save(comparison, of: plan) {
            session.warn(problem)
        }
        return comparison
    }

    /// What an earlier run has seen of that; asked on rank 0 alone.
    func knownComparison(of plan: CachePlan) -> PlanComparison? { store.comparison(of: plan) }

    /// Says how long work takes that is so many computed steps of an image, or at most so many, as measured by some of
    /// them.
    func announce(_ steps: Int, isMost: Bool = false, trajectories: Int) throws {
        let perStep = try calibration(trajectories: trajectories).secondsPerStep(
            stage: model.stage, communicator: model.pipeline, trace: recorder)
        let images = max(1, (steps + subject.steps / 2) / subject.steps)
        session.say(
            "omnicache: making the plan takes \(isMost ? "at most " : "")about "
                + "\(duration(perStep * Double(steps))), as long as drawing "
                + "\(counted(images, "image")) without reuse; once, as it is kept")
    }

    /// A plan that an earlier run found by drawing, under what it was kept as.
    func known(_ key: String, policy: PolicyName) -> CachePlan? {
        store.plan(key, policy: policy, for: subject)
    }

    /// Keeps a plan that took drawing to find, for later runs.
    func keep(_ plan: CachePlan, as key: String) {
        if model.pipeline.rank == 0, let problem = store.save(plan, as: key) {
            session.warn(problem)
        }
    }

    /// What an earlier run has found to be the best of some plans; asked on rank 0 alone.
    func known(bestOf plans: [CachePlan]) -> CachePlan? {
        guard let plan = plans.first, let known = known(Self.key(plans), policy: plan.policy),
            known.mask.reusedCount == plan.mask.reusedCount, known.calibration == plan.calibration
        else { return nil }
        return known
    }

    /// A search is known by all that it chooses from.
    private static func key(_ plans: [CachePlan]) -> String {
        "best of " + plans.map(\.hash).joined(separator: " ")
    }

    /// Runs that a search for a threshold usually takes.
    static let usualRuns = 8

    private var recorder: TraceRecorder {
        TraceRecorder(
            rank: model.pipeline.rank, hostName: model.pipeline.hostName, stepCount: subject.steps)
    }

    private func calibration(trajectories: Int) throws -> Calibration {
        var calibration = try Calibration(
            trajectories: trajectories, classes: model.opened.folder.trainedClasses, subject: subject,
            reuseOf: reuseOf, scheduler: scheduler, partition: model.opened.partition,
            model: model.opened.folder.denoiser)
        calibration.beforeEachRun = session.stopping
        return calibration
    }

    private func run<Found>(
        trajectories: Int, _ progress: Progress?,
        _ body: (Calibration, TraceRecorder, Progress) throws -> Found
    ) throws -> Found {
        let calibration = try calibration(trajectories: trajectories)
        session.say(
            "omnicache: calibrating with \(counted(trajectories, "trajectory", "trajectories")) of "
                + counted(subject.steps, "computed step"))
        let display = ProgressDisplay("calibrating", isSilent: !session.isFirst)
        return try body(calibration, recorder, progress ?? { display.show($0, of: $1) })
    }

    private var store: CalibrationStore {
        CalibrationStore(
            fingerprint: model.opened.folder.fingerprint, scheduler: scheduler, steps: subject.steps,
            guidance: subject.guidance, reuseOf: reuseOf, engine: model.stage.engine.description)
    }
}

extension ModelFolder {
    /// Classes that the model knows: those with a label, else all.
    var trainedClasses: [Int] {
        labels.classes.isEmpty ? Array(0..<denoiser.classes) : labels.classes
    }
}
