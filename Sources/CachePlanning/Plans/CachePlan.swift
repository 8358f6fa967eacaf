/// Which steps of a run are reused and how their noise is corrected, with what all that was made for.
///
/// Every value that exists is sound: made by ``make(policy:rules:score:correction:reuseOf:for:calibration:seed:)`` or
/// checked as it was read.
public struct CachePlan: Sendable, Equatable {
    /// The version of the JSON format that this code writes and reads.
    public static let formatVersion = 2
    /// The most steps that a plan may have.
    public static let mostSteps = 10_000

    /// What the calibration was.
    public struct Calibration: Sendable, Equatable, Codable {
        /// Trajectories; 0 = the plan was made without.
        public let trajectories: Int
        /// The seed of the first of them.
        public let seed: UInt64
    }

    /// The policy that chose the mask.
    public let policy: PolicyName
    /// What the plan is for.
    public let subject: PlanSubject
    /// Computed and reused steps.
    ///
    /// Under a module plan a step is computed where any module is.
    public let mask: ReuseMask
    /// What reused steps of a plan of whole steps take.
    public internal(set) var reuseOf = ReusedPart.residual
    /// Which modules are computed, where that is not decided for whole steps.
    public internal(set) var modules: ModulePlan?
    /// When a step of an image is computed, where that is decided while sampling; the mask then computes every step.
    public internal(set) var dynamic: DynamicRule?
    /// What every prediction is multiplied by before the scheduler takes it; 1 changes nothing.
    public internal(set) var outputScale = 1.0
    /// [S]: the policy's score of each step, low = good to reuse.
    public let scores: [Double]
    /// Source, coefficients and filter of the noise correction.
    public let correction: NoiseCorrection
    /// [S]: ‖error‖ / ‖ε_i‖ that calibration expects the corrected prediction of a reused step to have; 0 at
    /// computed steps and without calibration.
    public let expectedError: [Double]
    /// ‖error‖ / ‖x_S‖ that calibration expects the final latent to have, as root mean square; 0 without calibration.
    public let predictedError: Double
    /// The standard deviation of that from image to image; 0 without calibration.
    public let predictedSpread: Double
    /// What it was calibrated on.
    public let calibration: Calibration

    /// Steps, S.
    public var steps: Int { subject.steps }

    /// Whether all that a trajectory goes on from lies in the gather stage: under a module plan blocks keep what they
    /// reuse, on their own ranks, and under a dynamic rule rank 0 keeps what it has seen.
    public var canBeSaved: Bool { modules == nil && dynamic == nil }

    /// Whether the gather stage needs a shadow pass at a computed step: what reuse of the computed step before
    /// would have predicted there.
    public func needsShadowPass(at step: Int) -> Bool {
        correction.source == .shadow && needsNoise(at: step)
    }

    /// Whether a correction further on uses the q of this computed step.
    public func needsNoise(at step: Int) -> Bool {
        guard mask.computed[step] else { return false }
        return mask.computed[(step + 1)...].prefix { !$0 }.indices.contains { correction.gamma[$0] != 0 }
    }

    /// Checks that the plan was made for the run at hand, with a model of so many blocks.
    /// - Throws: `PlanError` (mismatch) naming the first part that differs, with both values.
    public func validate(for run: PlanSubject, blocks: Int) throws(PlanError) {
        try match("steps", "\(subject.steps)", "\(run.steps)")
        try match("scheduler", subject.scheduler, run.scheduler)
        try match("guidance", "\(subject.guidance)", "\(run.guidance)")
        try match("model hash", subject.modelHash, run.modelHash)
        if let modules { try match("blocks", "\(modules.blocks)", "\(blocks)") }
    }

    private func match(_ part: String, _ planned: String, _ asked: String) throws(PlanError) {
        guard planned == asked else {
            throw PlanError(
                .mismatch,
                "plan: \(part): made for \(planned), but this run has \(asked);"
                    + " make a plan for this run with 'omnicache plan'")
        }
    }
}
