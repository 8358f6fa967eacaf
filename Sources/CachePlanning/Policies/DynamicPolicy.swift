/// A way to decide while sampling, step by step and image by image, what is computed.
public protocol DynamicPolicy: Sendable {
    /// Its name on the command line and in plans.
    var name: PolicyName { get }

    /// Whether calibration fits a polynomial from the signal to the change of the output.
    var fitsPolynomial: Bool { get }

    /// The rule of a run of so many steps.
    func rule(threshold: Double, steps: Int) -> DynamicRule
}

extension DynamicPolicy {
    /// No polynomial, unless a policy says otherwise.
    public var fitsPolynomial: Bool { false }
}

extension CachePlan {
    /// Makes a plan that is decided while sampling.
    /// - Parameters:
    ///   - policy: who decides.
    ///   - rule: how.
    ///   - run: what the plan is for.
    ///   - trajectories: of the calibration that found the rule's threshold; 0 = it was given.
    ///   - seed: of the first of them.
    /// - Throws: `PlanError` (malformed) for a rule that is not sound.
    public static func make(
        policy: PolicyName, rule: DynamicRule, for run: PlanSubject, trajectories: Int = 0, seed: UInt64 = 0
    ) throws(PlanError) -> CachePlan {
        let zeros = Array(repeating: 0.0, count: run.steps)
        return try CachePlan(
            policy: policy, subject: run, mask: .allComputed(steps: run.steps), dynamic: rule, scores: zeros,
            correction: NoiseCorrection.none(steps: run.steps), expectedError: zeros, predictedError: 0,
            predictedSpread: 0, calibration: Calibration(trajectories: trajectories, seed: seed)
        ).checked()
    }
}
