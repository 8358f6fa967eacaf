import CachePlanning
import Checkpoints
import Models
import RunTrace
import Transport

extension Calibration {
    /// Finds the rule of a dynamic policy that computes so many steps: by drawing the trajectories under one threshold
    /// after the other, since what is reused changes the signals that follow.
    ///
    /// The first run computes everything; TeaCache's polynomial is fitted to it.
    /// - Parameters:
    ///   - target: computed steps of an image, on average.
    ///   - progress: called with the runs done.
    /// - Returns: the rule and what was drawn for it, the same on all ranks.
    /// - Throws: what a run throws.
    public func rule(
        of policy: any DynamicPolicy, computing target: Double, stage: LoadedStage,
        communicator: any Communicator, trace: TraceRecorder, progress: (_ runs: Int) -> Void = { _ in }
    ) throws -> FoundRule {
        var rule = policy.rule(threshold: 0, steps: run.steps)
        var runs = 0
        var images = 0.0
        func draw(_ rule: DynamicRule) throws -> DynamicDecisions? {
            var run = trajectoriesAlone(for: stage, ranks: communicator.size)
            run.plan = try CachePlan.make(
                policy: policy.name, rule: rule, for: run.plan.subject, trajectories: trajectories)
            let context = try StageContext(
                run: run, stage: stage, communicator: communicator, trace: trace, initialLatents: nil)
            let pipeline = try PipelineStage(context, decoding: nil, observer: nil)
            try pipeline.run()
            runs += 1
            progress(runs)
            if let decisions = pipeline.decisions {
                let blocks = stage.dit.configuration.blocks
                images +=
                    Double(trajectories)
                    * rule.blockEvaluations(
                        computedSteps: decisions.meanComputedSteps, of: run.steps, blocks: blocks)
                    / Double(run.steps * blocks)
            }
            return pipeline.decisions
        }
        let whole = try draw(rule)
        rule = try communicator.decide {
            var fitted = rule
            if policy.fitsPolynomial, let whole {
                fitted.coefficients =
                    Polynomial(fitting: whole.points, degree: Self.polynomialDegree)?.coefficients ?? []
            }
            return fitted
        }
        var search = ThresholdSearch(target: target, guess: whole.map { Self.guess(rule, $0) } ?? 1)
        while true {
            let next: Double? = try communicator.decide { search.next }
            guard let threshold = next else { break }
            rule.threshold = threshold
            if let decisions = try draw(rule) { search.found(computed: decisions.meanComputedSteps) }
        }
        return try communicator.decide {
            rule.threshold = search.best?.threshold ?? 0
            rule.expectedComputedSteps = search.best?.computed
            return FoundRule(rule: rule, images: images)
        }
    }

    private static let polynomialDegree = 4

    /// A threshold under which little would be computed, as far as a run without reuse tells.
    private static func guess(_ rule: DynamicRule, _ whole: DynamicDecisions) -> Double {
        let sums = whole.signals.map { signals in
            let changes = signals.compactMap { $0.map(rule.change) }
            return rule.signal.accumulates ? changes.reduce(0, +) : changes.max() ?? 0
        }
        return sums.max() ?? 1
    }
}
