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
        let chooser = try policy.choosing(score, choice, reuseOf: reuseOf, for: run, calibration)
        let chosen = try chooser.select(steps: run.steps, rules: rules, calibration: calibration)
        return try CachePlan(
            chosen, of: policy, correction: choice, reuseOf: reuseOf, for: run, calibration: calibration,
            seed: seed)
    }

    /// The plan of a mask that a policy chose, with the correction that fits it.
    init(
        _ chosen: PolicySelection, of policy: PolicyName, correction choice: CorrectionChoice,
        reuseOf: ReusedPart, for run: PlanSubject, calibration: CalibrationSummary?, seed: UInt64
    ) throws(PlanError) {
        var fit = NoiseFit(steps: run.steps)
        if let calibration, calibration.trajectories > 0 {
            fit = NoiseFit(chosen.mask, calibration, choice)
        }
        self = try CachePlan(
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

extension PolicyName {
    /// What chooses the steps.
    /// - Throws: `PlanError` where a calibration is of another run, or this policy cannot reuse what is asked for.
    func choosing(
        _ score: CurvatureMeasure, _ correction: CorrectionChoice, reuseOf: ReusedPart, for run: PlanSubject,
        _ calibration: CalibrationSummary?
    ) throws(PlanError) -> any CachePolicy {
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
        guard reuseOf == .residual || !description.looksAtResiduals else {
            throw PlanError(
                .rules,
                "policy \(rawValue): it looks at residuals, and so reuses them: leave out the reuse of modules"
            )
        }
        guard let chooser = policy(score: score, correction: correction) else {
            throw PlanError(.rules, "policy \(rawValue): expected one that chooses steps")
        }
        return chooser
    }
}
