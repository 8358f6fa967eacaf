import CachePlanning
import Checkpoints
import Sampling
import Schedulers

/// All ways of sampling that an evaluation draws.
struct ComparedWays: Codable, Sendable {
    /// Plain sampling, a candidate for each timestep spacing; the best one stands in the table.
    struct Baseline: Codable, Sendable {
        let candidates: [SamplingWay]
    }

    /// The ways of equal cost: equal block evaluations, policies that choose modules not more than a step below.
    struct CostClass: Codable, Sendable {
        var policies: [SamplingWay]
        var baselines: [Baseline]
    }

    /// The steps that count as converged.
    static let convergedSteps = 200

    /// The sampler as it is asked for, without reuse: the first reference.
    let uncached: SamplingWay
    /// DPM-Solver++ 2M with many steps: the second reference.
    let converged: SamplingWay
    /// By falling cost.
    let classes: [CostClass]

    /// All but the references.
    var compared: [SamplingWay] {
        classes.flatMap { $0.policies + $0.baselines.flatMap(\.candidates) }
    }

    /// Makes every plan of one calibration.
    /// - Parameters:
    ///   - calibrations: for policies that choose steps, by what is reused.
    ///   - changes: for `smoothcache`.
    ///   - forecast: chooses the forecast of a plan whose correction is left open.
    ///   - rules: of policies that decide while sampling, one for each budget.
    /// - Throws: `PlanError`, `SchedulerError`.
    init(
        _ request: EvaluationRequest, _ model: DiTConfiguration, modelHash: String,
        calibrations: [ReusedPart: CalibrationSummary], changes: ModuleChanges?,
        rules: [PolicyName: [DynamicRule]] = [:],
        forecast: ([CachePlan], CalibrationSummary) throws -> CachePlan
    ) throws {
        let sampler = request.sampler
        func plain(
            _ name: String, _ key: String, _ scheduler: SchedulerConfiguration, _ steps: Int
        ) throws -> SamplingWay {
            try SamplingWay(
                named: name, key: key, scheduler, steps: steps, guidance: sampler.guidance,
                modelHash: modelHash)
        }
        uncached = try plain("uncached", "uncached", sampler.scheduler, sampler.steps)
        var solver = sampler.scheduler.converted(to: .dpmSolverPlusPlus)
        solver.solverOrder = 2
        var path = solver
        // `leading` would begin well below the noisiest timestep.
        path.spacing = .trailing
        converged = try plain(
            "converged", "converged", path, min(Self.convergedSteps, solver.trainTimesteps))

        let subject = sampler.subject(modelHash: modelHash)
        let made = try request.budgets.enumerated().flatMap { place, budget in
            try request.policies.map { variant in
                let policy = variant.policy
                let calibration = calibrations[variant.reuseOf]
                if let rule = rules[policy]?[place] {
                    let plan = try CachePlan.make(
                        policy: policy, rule: rule, for: subject,
                        trajectories: Calibration.trajectoriesToPlan, seed: Calibration.firstSeed)
                    return SamplingWay(plan, of: variant, budget: budget, sampler, model)
                }
                let plan =
                    policy.choosesModules
                    ? try CachePlan.make(
                        policy: policy, nearest: 1 - budget, blocks: model.blocks, model.products,
                        for: subject,
                        changes: changes, seed: Calibration.firstSeed)
                    : try PlanResolution.plan(
                        policy, variant.rules(budget), subject, score: variant.score,
                        reuseOf: variant.reuseOf, correction: variant.correction,
                        from: variant.needsCalibration ? calibration : nil)
                guard let calibration, variant.correction.forecasts(for: policy, reuseOf: variant.reuseOf),
                    plan.mask.reusedCount > 0
                else {
                    return SamplingWay(plan, of: variant, budget: budget, sampler, model)
                }
                let candidates = try CachePlan.candidates(
                    policy: policy, rules: variant.rules(budget), score: variant.score, for: subject,
                    calibration: calibration, seed: Calibration.firstSeed)
                return SamplingWay(
                    try forecast(candidates, calibration), of: variant, budget: budget, sampler, model)
            }
        }
        let policies = made + request.plans.map { SamplingWay($0, of: sampler, model) }
        var deterministic = sampler.scheduler.converted(to: .ddim)
        deterministic.eta = 0
        let counts = Set(policies.map(\.equalSteps)).sorted(by: >)
        classes = try counts.map { count in
            let baselines = try [deterministic, solver].map { scheduler in
                let kind = scheduler.kind.rawValue
                let candidates = try SchedulerConfiguration.Spacing.allCases.compactMap { spacing in
                    var spaced = scheduler
                    spaced.spacing = spacing
                    // Some numbers of steps and offsets have no such spacing.
                    guard (try? makeScheduler(spaced, steps: count)) != nil else { return SamplingWay?.none }
                    return try plain(
                        "\(kind), \(counted(count, "step"))", "\(kind)-\(count)-\(spacing.rawValue)", spaced,
                        count)
                }
                return Baseline(candidates: candidates)
            }
            return CostClass(
                policies: policies.filter { $0.equalSteps == count },
                baselines: baselines.filter { !$0.candidates.isEmpty })
        }
    }
}
