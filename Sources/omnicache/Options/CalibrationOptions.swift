import ArgumentParser

/// How much work goes into a plan that has to be made.
struct CalibrationOptions: ParsableArguments {
    @Flag(
        help: """
            Make a missing plan of 2 trajectories in place of 8, and without drawing to find the best masks and forecasts: in a \
            tenth of the time, and not as good. It is kept apart from thorough ones.
            """)
    var quickCalibration = false

    /// The effort that is asked for.
    var effort: CalibrationEffort { quickCalibration ? .quick : CalibrationEffort() }
}
