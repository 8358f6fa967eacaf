extension CachePlan {
    /// Makes a plan: the policy chooses the mask, the calibration fits the noise correction to it.
    /// - Parameters:
    ///   - policy: who chooses.
    ///   - rules: budget and rules of the choice.
    ///   - score: what `omnicache` scores by.
    ///   - correction: source and filter. Without calibration there is none.
    ///   - reuseOf: what reused steps take; the calibration must have measured the reuse of just that.
    ///   - run: what the plan is for.
    ///   - calibration: of that run.
    ///   - seed: of the first calibrated trajectory.
    /// - Throws: `PlanError` (budget, rules, calibration; mismatch if the calibration has other steps).
    public static func make(
        policy: PolicyName, rules: SelectionRules, score: CurvatureMeasure = .turn,
        correction choice: CorrectionChoice = .measuredBest, reuseOf: ReusedPart = .residual,
        for run: PlanSubject,
        calibration: CalibrationSummary?, seed: UInt64 = 0
    ) throws(PlanError) -> CachePlan {
        if let calibration, calibration.steps != run.steps {
            throw PlanError(
                .mismatch,
                "calibration: steps: expected \(run.steps), found \(calibration.steps); calibrate this run")
        }
        if let calibration, calibration.reuseOf != reuseOf {
            throw PlanError(
                .mismatch,
                "calibration: expected one of the reuse of \(reuseOf.rawValue), found one of the reuse of "
                    + "\(calibration.reuseOf.rawValue); calibrate this run")
        }
        guard reuseOf == .residual || !policy.description.looksAtResiduals else {
            throw PlanError(
                .rules,
                "policy \(policy.rawValue): it looks at residuals, and so reuses them: leave out the reuse of modules"
            )
        }
        guard let chooser = policy.policy(score: score, correction: choice) else {
            throw PlanError(.rules, "policy \(policy.rawValue): expected one that chooses steps")
        }
        let chosen = try chooser.select(steps: run.steps, rules: rules, calibration: calibration)
        var fit = NoiseFit(steps: run.steps)
        if let calibration, calibration.trajectories > 0 {
            fit = NoiseFit(chosen.mask, calibration, choice)
        }
        return try CachePlan(
            policy: policy, subject: run, mask: chosen.mask, reuseOf: reuseOf, scores: chosen.scores,
            correction: fit.correction, expectedError: fit.expectedError,
            predictedError: fit.predictedError, predictedSpread: fit.predictedSpread,
            calibration: Calibration(trajectories: calibration?.trajectories ?? 0, seed: seed)
        ).checked()
    }

    /// The same plan with every prediction multiplied by `scale` before the scheduler takes it.
    /// - Throws: `PlanError` (malformed) unless 0.1 ≤ scale ≤ 10.
    public func scalingOutputs(by scale: Double) throws(PlanError) -> CachePlan {
        var scaled = self
        scaled.outputScale = scale
        return try scaled.checked()
    }
}
