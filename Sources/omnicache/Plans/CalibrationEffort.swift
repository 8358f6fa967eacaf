import Sampling

/// How much work goes into a plan.
struct CalibrationEffort: Codable, Sendable, Equatable {
    /// Trajectories to calibrate with.
    var trajectories = Calibration.trajectoriesToPlan
    /// Whether calibration's images are drawn with each forecast, of each mask, before one is chosen; else calibration's
    /// sums choose.
    var draws = true

    /// Little.
    static let quick = CalibrationEffort(
        trajectories: Calibration.trajectoriesToPlanQuickly, draws: false)
}
