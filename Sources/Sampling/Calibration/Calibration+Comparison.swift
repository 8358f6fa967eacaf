import CachePlanning
import Checkpoints
import Models
import RunTrace
import Schedulers
import Transport

extension Calibration {
    /// Draws the trajectories under a plan and under each plain sampler of equal cost, and compares where they end with
    /// the uncached final latents.
    /// - Parameters:
    ///   - plan: for this calibration's run, decided before it.
    ///   - progress: called with the computed steps of an image that are done, and of all.
    /// - Returns: the comparison, the same on all ranks; nil if the plan saves nothing.
    /// - Throws: what a run throws.
    public func comparison(
        of plan: CachePlan, stage: LoadedStage, communicator: any Communicator, trace: TraceRecorder,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> PlanComparison? {
        let steps = equalSteps(plan, stage)
        guard steps < plan.steps else { return nil }
        let plain = Self.plainSamplers(run.scheduler, steps: steps)
        let all = plan.steps + (1 + plain.count) * steps
        var done = 0
        func draw(_ plan: CachePlan, _ scheduler: SchedulerConfiguration) throws -> [[Float]]? {
            let latents = try self.ends(
                under: plan, scheduler: scheduler, stage: stage, communicator: communicator, trace: trace)
            done += done == 0 ? self.run.steps : steps
            progress(done, all)
            return latents
        }
        let uncached = try draw(run.plan, run.scheduler)
        let own = try draw(plan, run.scheduler)
        let ends = try plain.map { scheduler in
            try draw(Self.plainPlan(scheduler, steps: steps, like: plan.subject), scheduler)
        }
        return try communicator.decide {
            guard let uncached, let own else { preconditionFailure("Calibration: rank 0 has no latents") }
            let distances = ends.compactMap { $0.map { Self.distance($0, from: uncached) } }
            guard let best = distances.indices.min(by: { distances[$0] < distances[$1] }) else { return nil }
            return PlanComparison(
                plan: Self.distance(own, from: uncached), plain: distances[best], plainSteps: steps,
                plainScheduler: plain[best])
        }
    }

    /// Plain samplers that a comparison draws, at most.
    public static let mostPlainSamplers = 2 * SchedulerConfiguration.Spacing.allCases.count

    /// Plain samplers of so many steps: DDIM and DPM-Solver++ 2M, each at every timestep spacing that it has; of a flow,
    /// which has one, its own and DPM-Solver++ 2M; its own alone where the betas do not say the ratio.
    public static func plainSamplers(
        _ scheduler: SchedulerConfiguration, steps: Int
    ) -> [SchedulerConfiguration] {
        let own = scheduler.withoutNoise
        var solver = own.converted(to: .dpmSolverPlusPlus)
        solver.solverOrder = 2
        if scheduler.flow != nil {
            return (own == solver ? [own] : [own, solver]).filter {
                (try? makeScheduler($0, steps: steps)) != nil
            }
        }
        let candidates = scheduler.kind.shiftsRatio ? [own] : [own.converted(to: .ddim), solver]
        return candidates.flatMap { plain in
            SchedulerConfiguration.Spacing.allCases.compactMap { spacing in
                var spaced = plain
                spaced.spacing = spacing
                // Some numbers of steps and offsets have no such spacing.
                return (try? makeScheduler(spaced, steps: steps)) == nil ? nil : spaced
            }
        }
    }

    /// Seconds that a computed step of one trajectory takes where all of them are drawn together, as rank 0 sees it.
    /// - Throws: what a run throws.
    public func secondsPerStep(
        stage: LoadedStage, communicator: any Communicator, trace: TraceRecorder
    ) throws -> Double {
        var run = trajectoriesAlone(for: stage, ranks: communicator.size)
        if run.scheduler.flow == nil, !run.scheduler.endsAtNoise, !run.scheduler.kind.shiftsRatio {
            run.scheduler = run.scheduler.converted(to: .ddim)
            run.scheduler.spacing = .trailing
        }
        // The first warms up.
        run.plan = try Self.plainPlan(run.scheduler, steps: 2, like: run.plan.subject)
        let context = try context(run, stage, communicator, trace)
        var start: ContinuousClock.Instant?
        try PipelineStage(context, decoding: nil, observer: nil).run { done, all in
            if start == nil, 2 * done >= all { start = .now }
        }
        // The tail is done last.
        try communicator.barrier()
        return start.map { (ContinuousClock.now - $0).seconds / Double(trajectories) } ?? 0
    }

    /// Plain steps that evaluate as many blocks as a plan, rounded up.
    private func equalSteps(_ plan: CachePlan, _ stage: LoadedStage) -> Int {
        let model = stage.denoiser.configuration
        let cost = plan.cost(model.products)
        return max(1, Int((cost.blockEvaluations / Double(model.blocks)).rounded(.up)))
    }

    private static func plainPlan(
        _ scheduler: SchedulerConfiguration, steps: Int, like subject: PlanSubject
    ) throws(PlanError) -> CachePlan {
        let words = "\(scheduler.kind.rawValue), \(scheduler.spacing.rawValue)"
        return try CachePlan.make(
            policy: .none, rules: SelectionRules(reuseFraction: 0),
            for: PlanSubject(
                steps: steps, scheduler: words, guidance: subject.guidance, modelHash: subject.modelHash),
            calibration: nil)
    }
}
