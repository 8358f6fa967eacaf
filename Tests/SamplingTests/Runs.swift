import Checkpoints
import Models
import RunTrace
import Sampling
import Schedulers
import TestSupport
import Transport

@testable import CachePlanning

extension SchedulerConfiguration {
    /// A scheduler that does not clip x₀: what lies beyond the clip would look alike.
    static func unclipped(_ kind: Kind, eta: Double = 0, variance: Variance = .fixedSmall) -> Self {
        var configuration = SchedulerConfiguration(kind)
        configuration.clipsSample = false
        configuration.eta = eta
        configuration.variance = variance
        return configuration
    }

    /// A scheduler along a flow.
    static func flow(_ kind: Kind, isStochastic: Bool = false) -> Self {
        var configuration = SchedulerConfiguration(kind)
        configuration.flow = FlowSchedule()
        configuration.flow?.shift = 3
        configuration.flow?.isStochastic = isStochastic
        configuration.prediction = .flow
        return configuration
    }
}

extension PlanSubject {
    static func tiny(steps: Int, guidance: Double = 3) -> PlanSubject {
        PlanSubject(steps: steps, scheduler: "tiny", guidance: guidance, modelHash: "tiny")
    }
}

extension CachePlan {
    /// A plan of a given mask, the same coefficient at all reused steps that noise is measured for.
    static func of(
        _ mask: ReuseMask, _ policy: PolicyName, _ source: CorrectionSource = .none, gamma: Double = 0,
        filtered: Bool = false, reuseOf: ReusedPart = .residual
    ) -> CachePlan {
        let coefficients = mask.computed.indices.map { step in
            let source = mask.computed[step] ? nil : mask.lastComputed(before: step)
            return source.flatMap(mask.spacing(of:)) == nil ? 0 : gamma
        }
        return CachePlan(
            policy: policy, subject: .tiny(steps: mask.steps), mask: mask, reuseOf: reuseOf,
            scores: Array(repeating: 0, count: mask.steps),
            correction: NoiseCorrection(
                source: source, gamma: coefficients,
                filter: filtered ? .lowThenHigh(steps: mask.steps) : .identity),
            expectedError: Array(repeating: 0, count: mask.steps), predictedError: 0, predictedSpread: 0,
            calibration: Calibration(trajectories: 0, seed: 0))
    }

    /// A plan of the given modules.
    static func of(_ modules: ModulePlan) throws -> CachePlan {
        var plan = try of(modules.stepMask, .l2c)
        plan.modules = modules
        return try plan.checked()
    }

    /// The same of a mask in letters, C for computed and R for reused.
    static func of(
        _ mask: String, _ source: CorrectionSource = .none, gamma: Double = 0, filtered: Bool = false,
        reuseOf: ReusedPart = .residual
    ) throws -> CachePlan {
        let mask = try ReuseMask(computed: mask.map { $0 == "C" })
        return of(mask, .uniform, source, gamma: gamma, filtered: filtered, reuseOf: reuseOf)
    }
}

/// The policies, each with the corrections that it is tried with.
enum PlanCase: String, CaseIterable, Sendable {
    case none, uniform, late, similarity
    case plannedShadow, plannedShadowFiltered, plannedPrevious, plannedPreviousFiltered
    case modules, modulesShadowFiltered, modulesPrevious

    /// Steps that the plans have.
    static let steps = 8

    var policy: PolicyName { PolicyName(rawValue: rawValue) ?? .planned }

    private var source: CorrectionSource {
        if rawValue.contains("Shadow") { return .shadow }
        return rawValue.contains("Previous") ? .previousOutput : .none
    }

    /// The mask that the policy chooses, half of it reused; the coefficients are given outright, so that they
    /// are at work whatever a random model's fit would be.
    func plan(_ calibration: CalibrationSummary) throws -> CachePlan {
        let rules = SelectionRules(reuseFraction: policy == .none ? 0 : 0.5)
        guard let chooser = policy.policy() else { throw CheckFailure("\(policy) chooses no steps") }
        let chosen = try chooser.select(
            steps: calibration.steps, rules: rules, calibration: calibration)
        return .of(
            chosen.mask, policy, source, gamma: source == .none ? 0 : 0.4,
            filtered: rawValue.hasSuffix("Filtered"),
            reuseOf: rawValue.hasPrefix("modules") ? .modules : .residual)
    }
}

extension TestModel {
    static let threeImages = [
        ImageRequest(label: 1, seed: 7), ImageRequest(label: 3, seed: 8), ImageRequest(label: 0, seed: 900),
    ]

    /// A run of this model, on one rank until told otherwise.
    func run(
        _ plan: CachePlan, images: [ImageRequest] = threeImages, guidance: Double = 3,
        scheduler: SchedulerConfiguration = .unclipped(.ddim)
    ) throws -> RunDescription {
        RunDescription(
            images: images, guidance: Guidance(scale: guidance), scheduler: scheduler, plan: plan,
            partition: try Partition(balanced: configuration.blocks, over: 1),
            batching: MicroBatching(imagesPerGroup: 2, joinsBranches: false, groupsInFlight: 2))
    }

    /// The sums of a calibration, on rank 0.
    func calibrate(
        on communicator: any Communicator, cut: Partition, trajectories: Int = 2, guidance: Double = 3,
        reuseOf: ReusedPart = .residual, scheduler: SchedulerConfiguration = .unclipped(.ddim)
    ) throws -> CalibrationSummary? {
        let steps = PlanCase.steps
        let calibration = try Calibration(
            trajectories: trajectories, classes: Array(0..<configuration.classes),
            subject: .tiny(steps: steps, guidance: guidance), reuseOf: reuseOf, scheduler: scheduler,
            partition: cut,
            model: configuration)
        return try calibration.summary(
            stage: try stage(cut, rank: communicator.rank), communicator: communicator,
            trace: TraceRecorder(rank: communicator.rank, hostName: communicator.hostName, stepCount: steps))
    }

    /// The same on one rank.
    func calibrateAlone(
        trajectories: Int = 2, guidance: Double = 3, reuseOf: ReusedPart = .residual,
        scheduler: SchedulerConfiguration = .unclipped(.ddim)
    ) throws -> CalibrationSummary {
        let whole = try Partition(balanced: configuration.blocks, over: 1)
        let summary = try calibrate(
            on: SingleRank(), cut: whole, trajectories: trajectories, guidance: guidance, reuseOf: reuseOf,
            scheduler: scheduler)
        guard let summary else { throw CheckFailure("a single rank calibrated nothing") }
        return summary
    }
}

extension RunDescription {
    /// The same run on other ranks, blocks as even as they go.
    func over(_ ranks: Int, _ batching: MicroBatching? = nil) throws -> RunDescription {
        var run = self
        run.partition = try Partition(balanced: partition.blockCounts.reduce(0, +), over: ranks)
        run.batching = batching ?? self.batching
        return run
    }
}
