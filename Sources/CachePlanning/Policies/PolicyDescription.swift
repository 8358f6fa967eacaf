/// A policy as a value: what it is called, what it does, what it is told, and how it is made.
public struct PolicyDescription: Sendable {
    /// How a policy is made, by what it chooses.
    public enum Maker: Sendable {
        /// Whole steps before the run, given what curvature is measured by and what corrects the reused predictions.
        case steps(@Sendable (CurvatureMeasure, CorrectionChoice) -> any CachePolicy)
        /// Modules of blocks before the run; the type knows the settings that are worth a try.
        case modules(any ModulePolicy.Type, @Sendable (ModuleOptions) -> any ModulePolicy)
        /// Modules of blocks, learned elsewhere: it comes as a plan.
        case learned
        /// Whole steps, image by image, while sampling.
        case dynamic(any DynamicPolicy)
    }

    /// What it does, in a line.
    public let summary: String
    /// Where it comes from.
    public let reference: String
    /// What it is told, besides the run.
    public let options: [PolicyOption]
    /// Whether its choice needs a calibration run, if only for the threshold that spends the budget. (The noise
    /// correction always does.)
    public let needsCalibration: Bool
    /// What its reused steps take, if nothing else is asked for.
    public let usualReuse: ReusedPart
    /// What corrects the predictions that it lets be reused, if nothing else is asked for.
    public let usualCorrection: UsualCorrection
    /// Whether it chooses by the residual, so that nothing else can be reused.
    public let looksAtResiduals: Bool
    /// How it is made.
    public let maker: Maker

    init(
        _ summary: String, from reference: String = "–", options: [PolicyOption], needsCalibration: Bool,
        usualReuse: ReusedPart = .residual, usualCorrection: UsualCorrection = .none,
        looksAtResiduals: Bool = false, _ maker: Maker
    ) {
        self.summary = summary
        self.reference = reference
        self.options = options
        self.needsCalibration = needsCalibration
        self.usualReuse = usualReuse
        self.usualCorrection = usualCorrection
        self.looksAtResiduals = looksAtResiduals
        self.maker = maker
    }
}

/// What corrects the predictions that a policy lets be reused, if nothing else is asked for.
public enum UsualCorrection: Sendable {
    /// Nothing: reuse by itself.
    case none
    /// What ends nearest in calibration: a forecast, or a correction, filtered or not.
    case best
    /// The correction that leaves least, filtered, and no forecast.
    case filtered
}

/// What a policy may be told.
public enum PolicyOption: String, Sendable, CaseIterable {
    /// How much to reuse.
    case budget
    /// What curvature is measured by.
    case score
    /// From a computed step to the next.
    case interval
    /// The highest derivative.
    case order
    /// How far outputs are moved on along their last change.
    case gradient
    /// The largest change that is let pass.
    case threshold
    /// The plan itself.
    case plan
}

extension PolicyDescription {
    /// Learning-to-Cache: masks of modules that training has found.
    static let learnedMasks = PolicyDescription(
        "learned masks of modules, from a plan file", from: "arXiv 2406.01733", options: [.plan],
        needsCalibration: false, .learned)
}
