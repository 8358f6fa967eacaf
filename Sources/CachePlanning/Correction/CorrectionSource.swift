/// Where the noise q that a correction scales is measured, at the computed step j before the reused ones.
public enum CorrectionSource: String, Sendable, Codable, CaseIterable {
    /// No correction.
    case none
    /// q_j = (the computed output before j's) − ε_j. It costs nothing.
    case previousOutput = "previous_output"
    /// q_j = ε̃_j − ε_j: what reuse of the computed step before j would have predicted at j,
    /// found by a shadow pass through embedding and final layer, less what the model did predict.
    case shadow
}

/// Which correction a plan gets.
public enum CorrectionChoice: Sendable, Equatable {
    /// The one that leaves the least error in the calibration's own trajectories.
    case measuredBest
    /// The given source, with or without the calibration's filter.
    case fixed(CorrectionSource, filtered: Bool)
}
