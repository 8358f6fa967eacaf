import CachePlanning
import Checkpoints
import LinearAlgebra
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
            let context = try context(run, stage, communicator, trace)
            let pipeline = try PipelineStage(context, decoding: nil, observer: nil)
            try pipeline.run()
            runs += 1
            progress(runs)
            if let decisions = pipeline.decisions {
                let blocks = stage.denoiser.configuration.blocks
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
        var search = ThresholdSearch(
            target: target, guess: whole.map { Self.guess(rule, computing: target, $0) } ?? 1)
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

    /// The threshold under which so many steps would be computed, did reuse not change the signals of a run without.
    private static func guess(
        _ rule: DynamicRule, computing target: Double, _ whole: DynamicDecisions
    ) -> Double {
        var search = ThresholdSearch(target: target, guess: 1)
        while let threshold = search.next {
            var tried = rule
            tried.threshold = threshold
            let computed = whole.signals.reduce(0) { sum, signals in
                var decider = DynamicDecider(tried, steps: signals.count)
                return sum + signals.indices.count { decider.computes(step: $0, signal: signals[$0]) }
            }
            search.found(computed: Double(computed) / Double(max(1, whole.signals.count)))
        }
        return search.best?.threshold ?? 1
    }
}
