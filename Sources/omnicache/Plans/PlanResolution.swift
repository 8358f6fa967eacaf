import CachePlanning
import Checkpoints
import Files
import Models
import Sampling
import Schedulers
import Transport

/// Finds the plan of a run: the user's file, else one that needs no calibration, else the one shipped with the
/// model, else one that an earlier run has made, else one made from a calibration now.
struct PlanResolution {
    let model: RankModel
    let session: RankSession
    let settings: TrajectorySettings
    let effort: CalibrationEffort
    let subject: PlanSubject
    /// How much is reused: what the settings say, or less.
    private var rules: SelectionRules

    init(
        model: RankModel, session: RankSession, settings: TrajectorySettings, effort: CalibrationEffort
    ) {
        self.model = model
        self.session = session
        self.settings = settings
        self.effort = effort
        subject = settings.subject(modelHash: model.contentHash)
        rules = settings.rules
    }

    /// The plan to draw by, the same on all ranks.
    ///
    /// What is left to the program is never reused by a plan that calibration sees behind plain steps of equal cost:
    /// less is reused then, in the end nothing. A policy that the user names is taken, with a warning.
    func resolve(file: PlanFile?) throws -> CachePlan {
        let found: CachePlan? = try session.communicator.decide {
            if let file {
                try file.validate(for: subject, blocks: model.opened.folder.denoiser.blocks)
                return file.plan
            }
            return try withoutCalibrating()
        }
        if let found { return found }
        for less in rules.withLessAndLess(of: subject.steps) {
            let made = try reusing(less).calibrated()
            let isBehind = made.comparison?.isBehind ?? false
            if let standing = made.standing, made.isNew || isBehind { session.say("omnicache: \(standing)") }
            guard isBehind else { return made.plan }
            guard policy == .planned else {
                session.say("omnicache: warning: \(policy.rawValue) is behind plain steps of equal cost")
                return made.plan
            }
            session.say("omnicache: reuse is behind plain steps of equal cost: less is reused, or nothing")
        }
        session.say("omnicache: drawing without reuse")
        return try session.communicator.decide {
            try reusing(SelectionRules(reuseFraction: 0)).plan(from: nil)
        }
    }

    private func reusing(_ rules: SelectionRules) -> PlanResolution {
        var resolution = self
        resolution.rules = rules
        return resolution
    }

    /// A plan from a calibration on all ranks, of this run or an earlier one.
    func calibrated() throws -> MadePlan {
        if policy.kind == .steps { return try stepPlanning.make() }
        if let earlier = try session.communicator.decide({ try known() }) {
            session.say(ModelCalibration.takenFromEarlierRun)
            return MadePlan(plan: earlier, isNew: false)
        }
        let plan = try policy.dynamicPolicy.map(dynamicPlan) ?? modulePlan()
        calibration.keep(plan, as: try key)
        return MadePlan(plan: plan)
    }

    /// Whether the choice of steps or their correction needs a calibration.
    var needsCalibration: Bool {
        settings.policy.needsCalibration || settings.correction.corrects(settings.policy)
    }

    private var stepPlanning: StepPlanning {
        let searches =
            effort.draws && settings.correction.forecasts(for: policy)
            && rules.budget(steps: subject.steps) > 0
        return StepPlanning(
            calibration: calibration, effort: effort,
            computed: subject.steps - rules.budget(steps: subject.steps), searches: searches,
            mostMasks: policy.policy()?.mostSelections ?? 1
        ) { summary in
            searches
                ? try CachePlan.candidates(
                    policy: policy, rules: rules, score: settings.score, reuseOf: settings.reuseOf,
                    for: subject, calibration: summary,
                    seed: Calibration.firstSeed)
                : [try plan(from: summary)]
        }
    }

    private func dynamicPlan(_ chooser: any DynamicPolicy) throws -> CachePlan {
        let computed = subject.steps - (try rules.checkedBudget(steps: subject.steps))
        // Of the runs that look for a threshold the first computes every step.
        try calibration.announce(
            effort.trajectories * (subject.steps + (ModelCalibration.usualRuns - 1) * computed),
            trajectories: effort.trajectories)
        let rule = try calibration.rule(of: chooser, costing: computed, trajectories: effort.trajectories)
        return try CachePlan.make(
            policy: policy, rule: rule, for: subject, trajectories: effort.trajectories,
            seed: Calibration.firstSeed)
    }

    private func modulePlan() throws -> CachePlan {
        try calibration.announce(
            effort.trajectories * subject.steps, trajectories: effort.trajectories)
        let changes = try calibration.moduleChanges(trajectories: effort.trajectories)
        return try session.communicator.decide {
            guard let chooser = try settings.modules.policy(policy) else {
                preconditionFailure("PlanResolution: \(policy) chooses nothing")
            }
            return try plan(chooser, changes)
        }
    }

    private func withoutCalibrating() throws -> CachePlan? {
        if let chooser = policy.dynamicPolicy {
            return try settings.modules.threshold.map { threshold in
                try CachePlan.make(
                    policy: policy, rule: chooser.rule(threshold: threshold, steps: subject.steps),
                    for: subject)
            }
        }
        if let chooser = try settings.modules.policy(policy) {
            return policy.needsCalibration ? nil : try plan(chooser, nil)
        }
        if !needsCalibration || rules.budget(steps: subject.steps) == 0 { return try plan(from: nil) }
        let isUsual =
            settings.correction == CorrectionSettings() && settings.reuseOf == policy.usualReuse
            && rules == SelectionRules(reuseFraction: rules.reuseFraction)
        return isUsual ? shippedPlan() : nil
    }

    /// A threshold for a budget, or a mask of modules, that an earlier run found by drawing.
    private func known() throws -> CachePlan? {
        calibration.known(try key, policy: policy)
    }

    /// What such a plan is kept as.
    private var key: String {
        get throws { "\(try RunIdentity.hash(of: settings)) \(effort.trajectories)" }
    }

    private var policy: PolicyName { settings.policy }

    private var calibration: ModelCalibration {
        ModelCalibration(
            model: model, session: session, scheduler: settings.scheduler, subject: subject,
            reuseOf: settings.reuseOf)
    }

    private func plan(
        _ chooser: any ModulePolicy, _ changes: ModuleChanges?
    ) throws(PlanError) -> CachePlan {
        try CachePlan.make(
            policy: chooser, blocks: model.opened.folder.denoiser.blocks, for: subject, changes: changes,
            seed: Calibration.firstSeed)
    }

    private func plan(from summary: CalibrationSummary?) throws(PlanError) -> CachePlan {
        try Self.plan(
            policy, rules, subject, score: settings.score, reuseOf: settings.reuseOf,
            correction: settings.correction, from: summary)
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
                (try? plan.validate(for: subject, blocks: model.opened.folder.denoiser.blocks)) != nil
            else { continue }
            return plan
        }
        return nil
    }
}

extension SelectionRules {
    /// The same rules with the budget, and with three quarters, a half and a quarter of it, as far as these differ.
    fileprivate func withLessAndLess(of steps: Int) -> [SelectionRules] {
        let budget = budget(steps: steps)
        let counts = [4, 3, 2, 1].map { budget * $0 / 4 }
        let different = counts.enumerated().filter { place, count in
            place == 0 || (count > 0 && !counts[..<place].contains(count))
        }
        return different.map { place, count in
            guard place > 0 else { return self }
            var less = self
            less.reuseFraction = Double(count) / Double(steps)
            return less
        }
    }
}
