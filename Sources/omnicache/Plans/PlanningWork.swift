import CachePlanning
import Sampling

/// What is left to do for a plan, in computed steps of an image.
struct PlanningWork: Codable, Sendable {
    /// Trajectories, of which every step is computed, and probes of them.
    var calibration = 0
    /// Drawing with each forecast of each mask.
    var search = 0
    /// Drawing with the plan, without, and by plain samplers of equal cost.
    var comparison = 0

    var total: Int { calibration + search + comparison }

    /// A trajectory has two probes.
    mutating func calibrate(_ trajectories: Int, steps: Int) { calibration = 3 * trajectories * steps }

    /// For each mask a run that computes everything, and one with each forecast.
    mutating func search(_ masks: Int, _ trajectories: Int, steps: Int, computed: Int) {
        search = masks * trajectories * (steps + ForecastFit.count * computed)
    }

    mutating func compare(_ trajectories: Int, steps: Int, computed: Int) {
        comparison = trajectories * (steps + (1 + Calibration.mostPlainSamplers) * computed)
    }
}

/// One display of all of it.
final class PlanningProgress {
    /// It may turn out to be more or less while it is done.
    var work: PlanningWork
    private let display: ProgressDisplay
    private var done = 0

    init(_ work: PlanningWork, isSilent: Bool) {
        self.work = work
        display = ProgressDisplay("planning", isSilent: isSilent)
    }

    /// Begins a part of the work, behind those that were begun before.
    /// - Returns: what shows how far it is.
    func begin(_ part: KeyPath<PlanningWork, Int>) -> ModelCalibration.Progress {
        let (before, own) = (done, work[keyPath: part])
        done += own
        return { [self] in
            display.show(before + own * $0 / max(1, $1), of: work.total)
        }
    }
}
