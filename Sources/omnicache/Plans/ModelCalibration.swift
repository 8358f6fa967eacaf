import CachePlanning
import Checkpoints
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

    /// What an earlier run has found.
    func earlier() -> CalibrationSummary? {
        store.load(modelHash: subject.modelHash, steps: subject.steps)
    }

    /// Calibrates on all ranks that share the model's blocks, and keeps the result for later runs.
    /// - Returns: the sums on the first of them, and nothing elsewhere.
    func run(trajectories: Int) throws -> CalibrationSummary? {
        let summary = try run(trajectories: trajectories) { calibration, trace, progress in
            try calibration.summary(
                stage: model.stage, communicator: model.pipeline, trace: trace, progress: progress)
        }
        if let summary, let problem = store.save(summary, modelHash: subject.modelHash) {
            session.say("omnicache: warning: \(problem)")
        }
        return summary
    }

    /// Calibrates how modules change, on all ranks that share the model's blocks.
    /// - Returns: the sums on the first of them, and nothing elsewhere.
    func moduleChanges(trajectories: Int) throws -> ModuleChanges? {
        try run(trajectories: trajectories) { calibration, trace, progress in
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
        let pipeline = model.pipeline
        let trace = TraceRecorder(rank: pipeline.rank, hostName: pipeline.hostName, stepCount: subject.steps)
        let progress = ProgressDisplay("runs", isSilent: !session.isFirst)
        return try calibration.rule(
            of: policy,
            computing: policy.rule(threshold: 0, steps: subject.steps).computedSteps(
                costing: Double(budget), of: subject.steps,
                blocks: model.opened.folder.transformer.blocks),
            stage: model.stage, communicator: pipeline, trace: trace
        ) { progress.show($0, of: max($0, Self.usualRuns)) }.rule
    }

    /// The plan with the forecast that an earlier run found best for its mask, else as it is.
    func knownForecast(for plan: CachePlan) throws -> CachePlan {
        try model.pipeline.decide { withKnownForecast(plan) ?? plan }
    }

    /// The plan with the forecast that serves its mask best, on all ranks that share the model's blocks.
    /// - Parameter summary: of the calibration that the plan was made of, on the first of them.
    func bestForecast(for plans: [CachePlan], _ summary: CalibrationSummary?) throws -> CachePlan {
        let pipeline = model.pipeline
        let plan = plans[0]
        let known = try pipeline.decide { withKnownForecast(plan) }
        if let known { return known }
        let calibration = try calibration(trajectories: plan.calibration.trajectories)
        let trace = TraceRecorder(rank: pipeline.rank, hostName: pipeline.hostName, stepCount: subject.steps)
        let progress = ProgressDisplay("forecasts", isSilent: !session.isFirst)
        let best = try calibration.best(
            of: plans, outputEnergies: summary?.meanOutputEnergies ?? [], stage: model.stage,
            communicator: pipeline, trace: trace
        ) { progress.show($0, of: $1) }.plan
        keep(best, as: Self.key(plan))
        return best
    }

    /// A plan that an earlier run found by drawing, under what it was kept as.
    func known(_ key: String, policy: PolicyName) -> CachePlan? {
        store.plan(key, policy: policy, for: subject)
    }

    /// Keeps a plan that took drawing to find, for later runs.
    func keep(_ plan: CachePlan, as key: String) {
        if model.pipeline.rank == 0, let problem = store.save(plan, as: key) {
            session.say("omnicache: warning: \(problem)")
        }
    }

    /// The plan of the same number of steps and calibration whose forecast, and perhaps mask, an earlier run found
    /// best.
    private func withKnownForecast(_ plan: CachePlan) -> CachePlan? {
        guard let known = known(Self.key(plan), policy: plan.policy),
            known.mask.reusedCount == plan.mask.reusedCount, known.calibration == plan.calibration
        else { return nil }
        return known
    }

    private static func key(_ plan: CachePlan) -> String {
        let mask = String(plan.mask.computed.map { $0 ? "C" : "R" as Character })
        return "\(plan.policy.rawValue) \(mask) \(plan.calibration.trajectories)"
    }

    /// Runs that a search for a threshold usually takes.
    private static let usualRuns = 8

    private func calibration(trajectories: Int) throws -> Calibration {
        try Calibration(
            trajectories: trajectories, classes: model.opened.folder.trainedClasses, subject: subject,
            scheduler: scheduler, partition: model.opened.partition,
            tokens: model.opened.folder.transformer.tokens)
    }

    private func run<Found>(
        trajectories: Int,
        _ body: (Calibration, TraceRecorder, (_ done: Int, _ of: Int) -> Void) throws -> Found
    ) throws -> Found {
        let pipeline = model.pipeline
        let calibration = try calibration(trajectories: trajectories)
        session.say(
            "omnicache: calibrating with \(counted(trajectories, "trajectory", "trajectories")) of "
                + counted(subject.steps, "computed step"))
        let trace = TraceRecorder(rank: pipeline.rank, hostName: pipeline.hostName, stepCount: subject.steps)
        let progress = ProgressDisplay("calibrating", isSilent: !session.isFirst)
        let start = ContinuousClock.now
        var announced = false
        return try body(calibration, trace) { done, total in
            if !announced, done * 10 >= total {
                announced = true
                let passed = (ContinuousClock.now - start).seconds
                session.say(
                    "omnicache: calibration takes about \(decimal(passed * Double(total) / Double(done), 1)) s, once"
                )
            }
            progress.show(done, of: total)
        }
    }

    private var store: CalibrationStore {
        CalibrationStore(
            fingerprint: model.opened.folder.fingerprint, scheduler: scheduler, steps: subject.steps,
            guidance: subject.guidance)
    }
}

extension ModelFolder {
    /// Classes that the model knows: those with a label, else all.
    var trainedClasses: [Int] {
        labels.classes.isEmpty ? Array(0..<transformer.classes) : labels.classes
    }
}
