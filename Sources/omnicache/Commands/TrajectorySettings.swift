import CachePlanning
import Checkpoints
import Models
import Schedulers

/// The scheduler, steps and guidance of a run, as the options, the model and a plan file say together.
struct SamplerSettings: Codable, Sendable {
    let scheduler: SchedulerConfiguration
    let steps: Int
    let guidance: Double

    /// - Throws: `SchedulerError`, `UsageError` for what does not go together, `ReadError` for a scheduler that
    ///   the model's file does not allow.
    init(_ options: TrajectoryOptions, _ model: OpenedModel, plan: CachePlan? = nil) throws {
        var scheduler = model.folder.scheduler
        if let kind = options.scheduler, kind != scheduler.kind {
            scheduler = try model.folder.scheduler(as: kind)
        }
        if let eta = options.eta {
            guard scheduler.kind == .ddim else {
                throw UsageError("--eta \(eta) is DDIM's, but the scheduler is \(scheduler.kind.rawValue)")
            }
            scheduler.eta = eta
        }
        self.scheduler = scheduler
        steps = options.steps ?? plan?.steps ?? model.defaultSteps
        guidance = options.guidance ?? plan?.subject.guidance ?? model.defaultGuidance
        let readsVariance = try makeScheduler(scheduler, steps: steps).readsVariance
        guard !readsVariance || model.folder.denoiser.learnsVariance else {
            throw UsageError(
                "the scheduler's variance_type learned_range needs a model that learns the variance, but "
                    + "\(model.folder.name) has \(model.folder.denoiser.outputChannels) output channels: "
                    + "use another --scheduler")
        }
    }

    /// What is to be said of a guidance scale that does not do what one may think; nil for others.
    func guidanceNote(_ model: OpenedModel) -> String? {
        guidance < 1 && model.folder.denoiser.guidance(scale: 1).branches == 1
            ? "guidance \(guidance): a scale up to 1 does not guide, so this draws what 1 draws" : nil
    }

    /// What a plan for this run is made for.
    func subject(modelHash: String) -> PlanSubject {
        PlanSubject(
            steps: steps, scheduler: scheduler.summary, guidance: guidance, modelHash: modelHash)
    }
}

/// The sampler and the reuse of a run.
@dynamicMemberLookup
struct TrajectorySettings: Codable, Sendable {
    let sampler: SamplerSettings
    let policy: PolicyName
    let rules: SelectionRules
    let score: CurvatureMeasure
    let reuseOf: ReusedPart
    let correction: CorrectionSettings
    /// What policies that choose modules are told.
    let modules: ModuleOptions

    /// - Throws: `SchedulerError`, `UsageError`, `PlanError` for what does not go together.
    init(
        _ options: TrajectoryOptions, _ reuse: ReuseOptions, _ model: OpenedModel, plan: CachePlan? = nil
    ) throws {
        sampler = try SamplerSettings(options, model, plan: plan)
        policy = plan?.policy ?? reuse.policy ?? .planned
        var rules =
            reuse.reuse.map { SelectionRules(reuseFraction: $0) }
            ?? reuse.preset.map { SelectionRules(preset: $0) } ?? .usual(steps: sampler.steps)
        if let maximumRun = reuse.maxRun { rules.maximumRun = maximumRun }
        rules.phaseQuotas = reuse.quota?.shares
        self.rules = rules
        score = reuse.score ?? .turn
        reuseOf = plan?.reuseOf ?? reuse.reuseOf ?? policy.usualReuse(on: model.folder.denoiser)
        correction = reuse.corrections
        modules = reuse.modules
        if let problem = reuseOf.problem(on: model.folder.denoiser) {
            throw UsageError(
                plan == nil ? "--\(problem): leave it out" : "the plan is of \(problem): take another")
        }
        guard plan == nil else { return }
        if let problem = correction.problem(with: policy) { throw UsageError("--" + problem) }
        if let part = reuse.reuseOf, let problem = part.problem(with: policy) {
            throw UsageError("--" + problem)
        }
        if let problem = modules.problem(with: policy) { throw UsageError("--" + problem) }
        if try modules.policy(policy) != nil {
            guard !reuse.saysHowMuch else {
                throw UsageError(
                    "--policy \(policy.rawValue) decides by itself how much is reused: leave out --preset, --reuse,"
                        + " --max-run and --quota")
            }
        } else if policy != .none {
            _ = try CachePlan.make(
                policy: .uniform, rules: rules, for: subject(modelHash: ""), calibration: nil)
        }
    }

    /// Whether a run's state can be saved, as ``CachePlan/canBeSaved`` will say of its plan.
    var canBeSaved: Bool {
        get throws { try policy.dynamicPolicy == nil && modules.policy(policy) == nil }
    }

    subscript<Value>(dynamicMember path: KeyPath<SamplerSettings, Value>) -> Value { sampler[keyPath: path] }

    /// What a plan for this run is made for.
    func subject(modelHash: String) -> PlanSubject { sampler.subject(modelHash: modelHash) }
}

extension SelectionRules {
    /// What is reused when the user does not say how much: the slow preset, or as much as a run of few steps
    /// allows.
    fileprivate static func usual(steps: Int) -> SelectionRules {
        let preset = SelectionRules(preset: .slow)
        let most = Double(preset.mostReusable(steps: steps)) / Double(steps)
        return SelectionRules(reuseFraction: min(preset.reuseFraction, most))
    }
}

extension ReusedPart {
    /// Why a policy cannot reuse this, a sentence that begins with the option; nil if it can.
    func problem(with policy: PolicyName) -> String? {
        if policy.kind != .steps {
            return
                "reuse-of \(rawValue): policy \(policy.rawValue) reuses what its paper has it reuse: leave it out"
        }
        if self == .modules, policy.description.looksAtResiduals {
            return
                "reuse-of modules: \(policy.rawValue) looks at residuals, and so reuses them: leave it out"
        }
        return nil
    }
}

extension SchedulerConfiguration {
    /// The scheduler in a few words, which tell apart what a plan must tell apart.
    var summary: String {
        let noise = kind == .ddim && eta != 0 ? ", eta \(eta)" : ""
        let rule = sigmaSpacing.map { ", \($0.rule.rawValue)" } ?? ""
        guard let flow else {
            let end =
                (endsAtNoise ? ", zero snr" : "") + (signalToNoiseShift.map { ", snr shift \($0)" } ?? "")
            return "\(kind.rawValue), \(spacing.rawValue), \(prediction.rawValue)\(noise)\(rule)\(end)"
        }
        let shift = flow.dynamicShift.map { "\($0.form.rawValue) \($0.length ?? 0)" } ?? "\(flow.shift)"
        return "\(kind.rawValue), shift \(shift), \(prediction.rawValue)\(rule)"
    }
}
