import CachePlanning
import Checkpoints
import Schedulers

/// One of the ways of sampling that an evaluation compares.
struct SamplingWay: Codable, Sendable {
    /// What the table calls it.
    let name: String
    /// What files call it; different for each way of an evaluation.
    let key: String
    /// The policy with its options; `none` for plain sampling.
    let policy: String
    /// The share of steps that it was asked to reuse; of a given plan, of block evaluations that it saves.
    let budget: Double
    let scheduler: SchedulerConfiguration
    let plan: CachePlan

    /// Uncached steps that evaluate as many blocks, rounded up.
    let equalSteps: Int
    /// Steps, scheduler and spacing in words.
    var sampler: String { "\(plan.steps) × \(scheduler.kind.rawValue), \(scheduler.spacing.rawValue)" }

    /// A policy's way: the sampler of the run, some of whose steps the plan reuses.
    init(
        _ plan: CachePlan, of variant: PolicyVariant, budget: Double, _ sampler: SamplerSettings,
        _ model: DiTConfiguration
    ) {
        let percent = Self.percent(budget)
        self.init(
            plan, name: "\(variant.name) \(percent) %", key: "\(variant.key)-\(percent)",
            policy: variant.name,
            budget: budget, of: sampler, model)
    }

    /// The way of a plan that was given.
    init(_ file: PlanFile, of sampler: SamplerSettings, _ model: DiTConfiguration) {
        self.init(
            file.plan, name: file.stem, key: "plan-\(file.stem)", policy: file.plan.policy.rawValue,
            budget: nil,
            of: sampler, model)
    }

    private init(
        _ plan: CachePlan, name: String, key: String, policy: String, budget: Double?,
        of sampler: SamplerSettings, _ model: DiTConfiguration
    ) {
        self.name = name
        self.key = key
        self.policy = policy
        scheduler = sampler.scheduler
        self.plan = plan
        let evaluations: Double
        if let rule = plan.dynamic {
            // As calibration saw it; other images decide a little otherwise.
            evaluations = rule.blockEvaluations(
                computedSteps: rule.expectedComputedSteps ?? Double(plan.steps), of: plan.steps,
                blocks: model.blocks)
            equalSteps = Int((evaluations / Double(model.blocks)).rounded())
        } else {
            evaluations = plan.cost(blocks: model.blocks, model.products).blockEvaluations
            equalSteps = Int((evaluations / Double(model.blocks)).rounded(.up))
        }
        self.budget = budget ?? 1 - evaluations / Double(plan.steps * model.blocks)
    }

    /// Plain sampling, which computes all of its steps.
    /// - Throws: `SchedulerError` if there is no such schedule.
    init(
        named name: String, key: String, _ scheduler: SchedulerConfiguration, steps: Int, guidance: Double,
        modelHash: String
    ) throws {
        _ = try makeScheduler(scheduler, steps: steps)
        self.name = name
        self.key = key
        policy = PolicyName.none.rawValue
        budget = 0
        equalSteps = steps
        self.scheduler = scheduler
        plan = try CachePlan.make(
            policy: .none, rules: SelectionRules(reuseFraction: 0),
            for: PlanSubject(
                steps: steps, scheduler: scheduler.summary, guidance: guidance, modelHash: modelHash),
            calibration: nil)
    }

    /// A share in percent, with no more digits than it needs.
    static func percent(_ share: Double) -> String {
        let rounded = (share * 1e8).rounded() / 1e6
        return Int(exactly: rounded).map(String.init) ?? "\(rounded)"
    }
}
