import CachePlanning
import Checkpoints
import Sampling
import Schedulers
import Transport

/// Finds the plan of a run: the user's file, else one that needs no calibration, else the one shipped with the
/// model, else one made from an earlier calibration, else one made from a calibration now.
struct PlanResolution {
    let model: RankModel
    let session: RankSession
    let scheduler: SchedulerConfiguration
    let policy: PolicyName
    let rules: SelectionRules
    let score: CurvatureMeasure
    let reuseOf: ReusedPart
    let correction: CorrectionSettings
    let modules: ModuleOptions
    let subject: PlanSubject

    /// The plan, the same on all ranks.
    func resolve(file: PlanFile?) throws -> CachePlan {
        let found: Found? = try session.communicator.decide {
            if let file {
                try file.validate(for: subject, blocks: model.opened.folder.transformer.blocks)
                return Optional(Found(plan: file.plan))
            }
            return try withoutCalibrating()
        }
        if let found {
            guard found.isCalibrated, forecasts else { return found.plan }
            return try calibration.knownForecast(for: found.plan)
        }
        session.say("omnicache: there is no plan for this model, scheduler, steps and guidance yet")
        return try calibrated(trajectories: Calibration.trajectoriesToSample, choosesForecast: false)
    }

    /// A plan from a new calibration on all ranks.
    /// - Parameter choosesForecast: whether images are drawn with each forecast, which takes as long again and more.
    func calibrated(trajectories: Int, choosesForecast: Bool = true) throws -> CachePlan {
        if let chooser = policy.dynamicPolicy {
            let budget = try rules.checkedBudget(steps: subject.steps)
            let rule = try calibration.rule(
                of: chooser, costing: subject.steps - budget, trajectories: trajectories)
            let plan = try CachePlan.make(
                policy: policy, rule: rule, for: subject, trajectories: trajectories,
                seed: Calibration.firstSeed)
            calibration.keep(plan, as: key)
            return plan
        }
        if let chooser = try modules.policy(policy) {
            let changes = try calibration.moduleChanges(trajectories: trajectories)
            let made = try session.communicator.decide { try plan(chooser, changes) }
            calibration.keep(made, as: key)
            return made
        }
        let summary = try calibration.run(trajectories: trajectories)
        let isOpen = choosesForecast && forecasts
        let made = try session.communicator.decide {
            guard let summary else { preconditionFailure("PlanResolution: rank 0 has no calibration") }
            return isOpen
                ? try CachePlan.candidates(
                    policy: policy, rules: rules, score: score, reuseOf: reuseOf, for: subject,
                    calibration: summary,
                    seed: Calibration.firstSeed)
                : [try plan(from: summary)]
        }
        return isOpen ? try calibration.bestForecast(for: made, summary) : made[0]
    }

    /// A plan that takes no calibration now, and whether an earlier one made it.
    private struct Found: Codable, Sendable {
        var plan: CachePlan
        var isCalibrated = false
    }

    /// Whether the plan's forecast is to be chosen: where its correction is.
    private var forecasts: Bool {
        correction.forecasts(for: policy, reuseOf: reuseOf) && rules.budget(steps: subject.steps) > 0
    }

    private func withoutCalibrating() throws -> Found? {
        if let chooser = policy.dynamicPolicy {
            guard let threshold = modules.threshold else { return known() }
            return Found(
                plan: try CachePlan.make(
                    policy: policy, rule: chooser.rule(threshold: threshold, steps: subject.steps),
                    for: subject))
        }
        if let chooser = try modules.policy(policy) {
            return policy.needsCalibration ? known() : Found(plan: try plan(chooser, nil))
        }
        if !needsCalibration || rules.budget(steps: subject.steps) == 0 {
            return Found(plan: try plan(from: nil))
        }
        let isUsual =
            correction == CorrectionSettings() && reuseOf == policy.usualReuse
            && rules == SelectionRules(reuseFraction: rules.reuseFraction)
        if isUsual, let shipped = shippedPlan() { return Found(plan: shipped) }
        guard let earlier = calibration.earlier() else { return nil }
        session.say("omnicache: planning from an earlier calibration of this model")
        return Found(plan: try plan(from: earlier), isCalibrated: true)
    }

    /// A threshold for a budget, or a mask of modules, that an earlier run found by drawing.
    private func known() -> Found? {
        guard let plan = calibration.known(key, policy: policy) else { return nil }
        session.say("omnicache: taking the plan that an earlier run found for this model")
        return Found(plan: plan)
    }

    /// What such a plan is kept as.
    private var key: String {
        "\(policy.rawValue) \(rules.budget(steps: subject.steps)) \(modules.threshold ?? -1)"
    }

    /// Whether the choice of steps or their correction needs a calibration.
    var needsCalibration: Bool { policy.needsCalibration || correction.corrects(policy) }

    private var calibration: ModelCalibration {
        ModelCalibration(
            model: model, session: session, scheduler: scheduler, subject: subject, reuseOf: reuseOf)
    }

    private func plan(
        _ chooser: any ModulePolicy, _ changes: ModuleChanges?
    ) throws(PlanError) -> CachePlan {
        try CachePlan.make(
            policy: chooser, blocks: model.opened.folder.transformer.blocks, for: subject, changes: changes,
            seed: Calibration.firstSeed)
    }

    private func plan(from summary: CalibrationSummary?) throws(PlanError) -> CachePlan {
        try Self.plan(
            policy, rules, subject, score: score, reuseOf: reuseOf, correction: correction, from: summary)
    }

    /// The plan that a policy makes of a calibration, or of none where it needs none.
    static func plan(
        _ policy: PolicyName, _ rules: SelectionRules, _ subject: PlanSubject, score: CurvatureMeasure,
        reuseOf: ReusedPart,
        correction: CorrectionSettings, from summary: CalibrationSummary?
    ) throws(PlanError) -> CachePlan {
        try CachePlan.make(
            policy: summary == nil && policy.needsCalibration ? .none : policy, rules: rules,
            score: score, correction: correction.limits(for: policy), reuseOf: reuseOf, for: subject,
            calibration: summary, seed: Calibration.firstSeed)
    }

    private func shippedPlan() -> CachePlan? {
        let files = model.opened.source.files
        guard model.opened.source.isBuiltin else { return nil }
        for name in files.list("plans") {
            guard let bytes = try? files.bytes(of: "plans/" + name), let plan = try? CachePlan(json: bytes),
                plan.policy == policy, plan.mask.reusedCount == rules.budget(steps: subject.steps),
                (try? plan.validate(for: subject, blocks: model.opened.folder.transformer.blocks)) != nil
            else { continue }
            return plan
        }
        return nil
    }
}
