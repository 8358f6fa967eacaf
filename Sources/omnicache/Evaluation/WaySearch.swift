import CachePlanning
import Models
import RunTrace
import Sampling
import Schedulers
import Transport

/// Finds the ways that an evaluation compares.
///
/// Every policy tunes what it has by the same means: calibration's trajectories are drawn under each of its candidates,
/// and what ends nearest to the uncached final latents is taken. Plain sampling so chooses its timestep spacing, for
/// each reference by itself. What was drawn is counted. It works on one rank that holds the whole model.
final class WaySearch {
    let request: EvaluationRequest
    let references: (uncached: SamplingWay, converged: SamplingWay, refined: SamplingWay?)
    private let model: RankModel
    private let session: RankSession
    private let kept: KeptWays
    private let subject: PlanSubject
    private let calibration: Calibration
    private let trace: TraceRecorder
    private var knownSummaries: [ReusedPart: CalibrationSummary] = [:]
    private var knownChanges: ModuleChanges?
    private var knownEnds: [Reference: [[Float]]] = [:]

    /// Runs that a search for a threshold usually takes.
    private static let usualRuns = 8
    private static let trajectories = Calibration.trajectoriesToPlan

    /// - Parameter kept: what an earlier start of the same evaluation has found.
    init(_ request: EvaluationRequest, _ model: RankModel, _ session: RankSession, kept: KeptWays) throws {
        self.request = request
        self.model = model
        self.session = session
        self.kept = kept
        subject = request.sampler.subject(modelHash: model.contentHash)
        references = try ComparedWays.references(request.sampler, modelHash: model.contentHash)
        calibration = try Calibration(
            trajectories: Self.trajectories, classes: model.opened.folder.trainedClasses, subject: subject,
            scheduler: request.sampler.scheduler, partition: model.opened.partition,
            model: model.opened.folder.denoiser)
        trace = TraceRecorder(
            rank: 0, hostName: model.pipeline.hostName, stepCount: subject.steps)
    }

    private var shape: any DenoiserConfiguration { model.opened.folder.denoiser }

    /// The way of a plan that was given.
    func way(_ file: PlanFile) -> SamplingWay { SamplingWay(file, of: request.sampler, shape) }

    /// A policy that computes so many steps; nil where the rules do not allow it.
    func way(_ variant: PolicyVariant, computing count: Int) throws -> SamplingWay? {
        let budget = 1 - Double(count) / Double(subject.steps)
        guard budget > 0, (try? variant.rules(budget).checkedBudget(steps: subject.steps)) != nil else {
            return nil
        }
        return try way(variant, budget)
    }

    /// A policy at a share of the steps to reuse, with the best of its settings.
    func way(_ variant: PolicyVariant, _ budget: Double) throws -> SamplingWay {
        try kept.recalled(SamplingWay.key(variant, budget)) {
            let found = try find(variant, budget)
            return SamplingWay(
                found.plan, of: variant, budget: budget, calibrationImages: found.images, request.sampler,
                shape)
        }
    }

    private func find(_ variant: PolicyVariant, _ budget: Double) throws -> FoundPlan {
        let policy = variant.policy
        let rules = variant.rules(budget)
        let target = subject.steps - (try rules.checkedBudget(steps: subject.steps))
        if let chooser = policy.dynamicPolicy { return try find(chooser, costing: target, variant, budget) }
        var images = 0.0
        let candidates: [CachePlan]
        if policy.choosesModules {
            let changes = policy.needsCalibration ? try changes() : nil
            if changes != nil { images += Double(Self.trajectories) }
            candidates = try CachePlan.candidates(
                of: policy, nearest: Double(target) / Double(subject.steps), shape.products, for: subject,
                changes: changes, seed: Calibration.firstSeed)
        } else {
            let summary = variant.needsCalibration ? try summary(of: variant.reuse(on: shape)) : nil
            if summary != nil { images += calibration.summaryImages }
            candidates = try CachePlan.settings(
                of: policy, rules: rules, score: variant.score, correction: variant.limits,
                reuseOf: variant.reuse(on: shape),
                for: subject, calibration: summary, seed: Calibration.firstSeed)
        }
        var found = try choose(candidates, forecasting: variant.forecasts, variant, budget)
        found.images += images
        return found
    }

    private func choose(
        _ candidates: [CachePlan], forecasting: Bool, _ variant: PolicyVariant, _ budget: Double
    ) throws -> FoundPlan {
        let progress = announce(
            variant, budget, "\(counted(candidates.count, forecasting ? "mask" : "setting"))")
        if forecasting {
            return try calibration.best(
                of: candidates, outputEnergies: try summary(of: variant.reuse(on: shape)).meanOutputEnergies,
                stage: model.stage,
                communicator: model.pipeline, trace: trace
            ) { progress.show($0, of: $1) }
        }
        guard candidates.count > 1 else { return FoundPlan(plan: candidates[0], images: 0) }
        return try calibration.nearest(
            of: candidates, stage: model.stage, communicator: model.pipeline, trace: trace
        ) { progress.show($0, of: $1) }
    }

    private func find(
        _ policy: any DynamicPolicy, costing target: Int, _ variant: PolicyVariant, _ budget: Double
    ) throws -> FoundPlan {
        let progress = announce(variant, budget, "thresholds")
        let computed = policy.rule(threshold: 0, steps: subject.steps).computedSteps(
            costing: Double(target), of: subject.steps, blocks: shape.blocks)
        let found = try calibration.rule(
            of: policy, computing: computed, stage: model.stage, communicator: model.pipeline, trace: trace
        ) { progress.show($0, of: max($0, Self.usualRuns)) }
        let plan = try CachePlan.make(
            policy: policy.name, rule: found.rule, for: subject, trajectories: Self.trajectories,
            seed: Calibration.firstSeed)
        return FoundPlan(plan: plan, images: found.images)
    }

    /// Plain sampling of so many steps, DDIM and DPM-Solver++ 2M, at the spacings nearest to each reference.
    func plain(steps: Int) throws -> [SamplingWay] {
        try kept.recalled("plain-\(steps)") {
            session.say("omnicache: looking for the timestep spacing of \(counted(steps, "plain step"))")
            var found: [(way: SamplingWay, distances: [Reference: Double])] = []
            for way in try candidates(steps: steps) {
                let ends = try ends(way)
                var distances: [Reference: Double] = [:]
                for reference in Reference.allCases {
                    distances[reference] = Calibration.distance(ends, from: try self.ends(reference))
                }
                found.append((way, distances))
            }
            func nearest(_ reference: Reference, _ kind: SchedulerConfiguration.Kind? = nil) -> String? {
                found.filter { kind == nil || $0.way.scheduler.kind == kind }
                    .min { ($0.distances[reference] ?? .infinity) < ($1.distances[reference] ?? .infinity) }?
                    .way.key
            }
            return found.compactMap { one in
                let kind = one.way.scheduler.kind
                let chosen = Reference.allCases.filter { nearest($0, kind) == one.way.key }
                guard !chosen.isEmpty else { return nil }
                let spacings = found.count { $0.way.scheduler.kind == kind }
                let images =
                    Double(spacings) * calibration.images(drawing: steps)
                    + chosen.reduce(0) { $0 + calibration.images(drawing: way(of: $1).plan.steps) }
                return one.way.chosen(
                    nearestTo: chosen, bestFor: Reference.allCases.filter { nearest($0) == one.way.key },
                    isOnly: chosen.count == Reference.allCases.count, calibrationImages: images)
            }
        }
    }

    /// Each sampler with each spacing that it has.
    private func candidates(steps: Int) throws -> [SamplingWay] {
        try Calibration.plainSamplers(request.sampler.scheduler, steps: steps).map { scheduler in
            let kind = scheduler.kind.rawValue
            return try SamplingWay(
                named: "\(kind), \(counted(steps, "step"))",
                key: "\(kind)-\(steps)-\(scheduler.spacing.rawValue)", scheduler, steps: steps,
                guidance: request.sampler.guidance, modelHash: model.contentHash)
        }
    }

    private func way(of reference: Reference) -> SamplingWay {
        reference == .uncached ? references.uncached : references.converged
    }

    /// Where calibration's trajectories end by a reference.
    private func ends(_ reference: Reference) throws -> [[Float]] {
        if let known = knownEnds[reference] { return known }
        let found = try ends(way(of: reference))
        knownEnds[reference] = found
        return found
    }

    private func ends(_ way: SamplingWay) throws -> [[Float]] {
        // As calibration itself, without noise.
        let scheduler = way.key == references.uncached.key ? calibration.run.scheduler : way.scheduler
        return try calibration.ends(
            under: way.plan, scheduler: scheduler, stage: model.stage, communicator: model.pipeline,
            trace: trace) ?? []
    }

    private func summary(of part: ReusedPart) throws -> CalibrationSummary {
        if let known = knownSummaries[part] { return known }
        var own = modelCalibration
        own.reuseOf = part
        let found =
            try own.earlier(trajectories: Self.trajectories) ?? own.run(trajectories: Self.trajectories)
        guard let found else { preconditionFailure("WaySearch: a single rank has no calibration") }
        knownSummaries[part] = found
        return found
    }

    private func changes() throws -> ModuleChanges? {
        if knownChanges == nil {
            knownChanges = try modelCalibration.moduleChanges(trajectories: Self.trajectories)
        }
        return knownChanges
    }

    private var modelCalibration: ModelCalibration {
        ModelCalibration(
            model: model, session: session, scheduler: request.sampler.scheduler, subject: subject)
    }

    private func announce(_ variant: PolicyVariant, _ budget: Double, _ what: String) -> ProgressDisplay {
        let name = SamplingWay.name(variant, budget)
        session.say("omnicache: looking for the plan of \(name) among \(what)")
        return ProgressDisplay(name, isSilent: !session.isFirst)
    }
}
