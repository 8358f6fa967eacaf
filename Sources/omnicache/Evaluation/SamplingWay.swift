import CachePlanning
import Schedulers

/// One of the ways of sampling that an evaluation compares.
struct SamplingWay: Codable, Sendable {
    /// What the table calls it.
    let name: String
    /// What files call it; different for each way of an evaluation.
    let key: String
    /// The share of steps that it was asked to reuse.
    let budget: Double
    let scheduler: SchedulerConfiguration
    let plan: CachePlan

    /// Steps in which blocks run.
    var computedSteps: Int { plan.mask.computedSteps.count }
    /// Steps, scheduler and spacing in words.
    var sampler: String { "\(plan.steps) × \(scheduler.kind.rawValue), \(scheduler.spacing.rawValue)" }

    /// A policy's way: the sampler of the run, some of whose steps the plan reuses.
    init(_ plan: CachePlan, budget: Double, of sampler: SamplerSettings) {
        let percent = Self.percent(budget)
        name = "\(plan.policy.rawValue) \(percent) %"
        key = "\(plan.policy.rawValue)-\(percent)"
        self.budget = budget
        scheduler = sampler.scheduler
        self.plan = plan
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
        budget = 0
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
