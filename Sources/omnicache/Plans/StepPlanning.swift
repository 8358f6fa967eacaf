import CachePlanning
import Sampling
import Schedulers
import Tables
import Transport

/// A plan that a calibration has made.
struct MadePlan: Codable, Sendable {
    var plan: CachePlan
    /// How it stands beside plain samplers of equal cost, where that was looked at.
    var comparison: PlanComparison?
    /// Whether this run made it, or an earlier one.
    var isNew = true

    /// How it stands, in a sentence.
    var standing: String? {
        comparison.map {
            "with \(plan.mask.reusedCount) of \(plan.steps) steps reused, calibration's images end at "
                + "\(fixedPoint($0.planDecibels, digits: 1)) dB of the uncached latents; the best of the plain samplers that cost "
                + "as much, \(counted($0.plainSteps, "step")) of \($0.plainScheduler.kind.rawValue) "
                + "(\($0.plainScheduler.spacing.rawValue)), at \(fixedPoint($0.plainDecibels, digits: 1)) dB"
        }
    }
}

/// Makes the plan of a policy that chooses whole steps, on all ranks: calibrates, draws with what looks best, compares
/// the best with plain samplers.
///
/// What earlier runs have found of it is taken from the store; by the same calibration the same plan is made.
struct StepPlanning {
    let calibration: ModelCalibration
    let effort: CalibrationEffort
    /// Steps that will be computed.
    let computed: Int
    /// Whether the plan's forecast is to be found by drawing.
    let searches: Bool
    /// Masks that are drawn with at most.
    let mostMasks: Int
    /// The plans that a calibration lets look best.
    let candidates: (CalibrationSummary) throws -> [CachePlan]

    /// What earlier runs have found.
    private struct Known: Codable, Sendable {
        var plans: [CachePlan] = []
        var best: CachePlan?
        var comparison: PlanComparison?
    }

    private var pipeline: any Communicator { calibration.model.pipeline }

    func make() throws -> MadePlan {
        var summary: CalibrationSummary?
        let known: Known = try pipeline.decide {
            summary = calibration.earlier(trajectories: effort.trajectories)
            guard let summary else { return Known() }
            let plans = try candidates(summary)
            let best = searches ? calibration.known(bestOf: plans) : plans.first
            return Known(
                plans: plans, best: best, comparison: best.flatMap { calibration.knownComparison(of: $0) })
        }
        if let best = known.best, let comparison = known.comparison {
            calibration.session.say(ModelCalibration.takenFromEarlierRun)
            return MadePlan(plan: best, comparison: comparison, isNew: false)
        }
        let work = work(after: known)
        // Masks that look best to some may be the same.
        try calibration.announce(
            work.total, isMost: known.plans.isEmpty && searches && mostMasks > 1,
            trajectories: effort.trajectories)
        let progress = PlanningProgress(work, isSilent: !calibration.session.isFirst)
        if known.plans.isEmpty {
            summary = try calibration.run(
                trajectories: effort.trajectories, progress: progress.begin(\.calibration))
        } else {
            calibration.session.say("omnicache: planning from an earlier calibration of this model")
        }
        let plans: [CachePlan] = try pipeline.decide {
            guard let summary else { preconditionFailure("StepPlanning: rank 0 has no calibration") }
            return known.plans.isEmpty ? try candidates(summary) : known.plans
        }
        progress.work = self.work(after: known, masks: plans.count)
        let best =
            searches
            ? try known.best
                ?? calibration.bestForecast(for: plans, summary, progress: progress.begin(\.search))
            : plans[0]
        return MadePlan(
            plan: best,
            comparison: try calibration.comparison(of: best, progress: progress.begin(\.comparison)))
    }

    private func work(after known: Known, masks: Int? = nil) -> PlanningWork {
        let (count, steps) = (effort.trajectories, calibration.subject.steps)
        var work = PlanningWork()
        if known.plans.isEmpty { work.calibrate(count, steps: steps) }
        if searches, known.best == nil {
            let masks = masks ?? (known.plans.isEmpty ? mostMasks : known.plans.count)
            work.search(masks, count, steps: steps, computed: computed)
        }
        work.compare(count, steps: steps, computed: computed)
        return work
    }
}
