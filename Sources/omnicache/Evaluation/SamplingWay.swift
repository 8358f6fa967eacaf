import CachePlanning
import Models
import Schedulers

/// What pictures are compared with.
enum Reference: String, Codable, CaseIterable, Sendable {
    /// The sampler as it is asked for, without reuse.
    case uncached
    /// The path of many steps.
    case converged
}

/// One of the ways of sampling that an evaluation compares.
struct SamplingWay: Codable, Sendable {
    /// What the table calls it.
    private(set) var name: String
    /// What files call it; different for each way of an evaluation.
    let key: String
    /// The policy with its options; `none` for plain sampling.
    let policy: String
    /// The share of steps that it was asked to reuse; of a given plan, of block evaluations that it saves.
    let budget: Double
    let scheduler: SchedulerConfiguration
    let plan: CachePlan
    /// Uncached steps that evaluate as many blocks.
    let cost: Double
    /// Images that calibration drew to find it; nil where it was not found by drawing at all.
    private(set) var calibrationImages: Double?
    /// The references that its sampler comes nearest to with this timestep spacing, as calibration has found.
    private(set) var nearestTo: [Reference] = []
    /// The references that plain sampling of as many steps comes nearest to so.
    private(set) var bestFor: [Reference] = []

    /// Steps, scheduler and spacing in words.
    var sampler: String { "\(plan.steps) × \(scheduler.kind.rawValue), \(scheduler.spacing.rawValue)" }

    /// The whole number of steps that it is compared with: its cost, rounded up where less than 1 % is lacking, else
    /// down, so that what it is compared with is hardly ever dearer.
    var equalSteps: Int {
        let nearest = cost.rounded()
        return Int(nearest - cost <= 0.01 * cost ? nearest : cost.rounded(.down))
    }

    /// A policy's way: the sampler of the run, some of whose steps the plan reuses.
    init(
        _ plan: CachePlan, of variant: PolicyVariant, budget: Double, calibrationImages: Double,
        _ sampler: SamplerSettings, _ model: any DenoiserConfiguration
    ) {
        self.init(
            plan, name: Self.name(variant, budget), key: Self.key(variant, budget), policy: variant.name,
            budget: budget, of: sampler, model)
        self.calibrationImages = calibrationImages
    }

    /// What the table and files call a policy's way.
    static func name(_ variant: PolicyVariant, _ budget: Double) -> String {
        "\(variant.name) \(percent(budget)) %"
    }
    static func key(_ variant: PolicyVariant, _ budget: Double) -> String {
        "\(variant.key)-\(percent(budget))"
    }

    /// The way of a plan that was given.
    init(_ file: PlanFile, of sampler: SamplerSettings, _ model: any DenoiserConfiguration) {
        self.init(
            file.plan, name: file.stem, key: "plan-\(file.stem)", policy: file.plan.policy.rawValue,
            budget: nil, of: sampler, model)
    }

    private init(
        _ plan: CachePlan, name: String, key: String, policy: String, budget: Double?,
        of sampler: SamplerSettings, _ model: any DenoiserConfiguration
    ) {
        self.name = name
        self.key = key
        self.policy = policy
        scheduler = sampler.scheduler
        self.plan = plan
        // Of a dynamic rule as calibration saw it; other images decide a little otherwise.
        let evaluations =
            plan.dynamic.map { rule in
                rule.blockEvaluations(
                    computedSteps: rule.expectedComputedSteps ?? Double(plan.steps), of: plan.steps,
                    blocks: model.blocks)
            } ?? plan.cost(model.products).blockEvaluations
        cost = evaluations / Double(model.blocks)
        self.budget = budget ?? 1 - cost / Double(plan.steps)
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
        cost = Double(steps)
        self.scheduler = scheduler
        plan = try CachePlan.make(
            policy: .none, rules: SelectionRules(reuseFraction: 0),
            for: PlanSubject(
                steps: steps, scheduler: scheduler.summary, guidance: guidance, modelHash: modelHash),
            calibration: nil)
    }

    /// The same way, chosen among others of its kind.
    /// - Parameter isOnly: whether its sampler has this spacing for every reference, so that its name need not say so.
    func chosen(
        nearestTo: [Reference], bestFor: [Reference], isOnly: Bool, calibrationImages: Double
    ) -> SamplingWay {
        var way = self
        (way.nearestTo, way.bestFor, way.calibrationImages) = (nearestTo, bestFor, calibrationImages)
        if !isOnly { way.name += ", \(scheduler.spacing.rawValue)" }
        return way
    }

    /// A share in percent, with no more digits than it needs.
    static func percent(_ share: Double) -> String {
        let rounded = (share * 1e8).rounded() / 1e6
        return Int(exactly: rounded).map(String.init) ?? "\(rounded)"
    }
}
