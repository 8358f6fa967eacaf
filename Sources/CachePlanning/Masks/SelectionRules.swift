/// How many steps may be reused, and where.
public struct SelectionRules: Sendable, Codable, Equatable {
    /// The two budgets of the paper's table (arXiv 2508.16212).
    public enum Preset: String, Sendable, Codable, CaseIterable {
        /// Half of the steps: 2.0× fewer computed steps.
        case slow
        /// 60 % of the steps: 2.5×.
        case fast

        /// The share of steps reused.
        public var reuseFraction: Double {
            switch self {
            case .slow: 0.5
            case .fast: 0.6
            }
        }
    }

    /// The longest run that a selection can choose: it notes each in a byte.
    static let longestRun = Int(UInt8.max)

    /// The share of all steps that is reused, 0 ..< 1; rounded down to whole steps.
    public var reuseFraction: Double
    /// The most reused steps in a row.
    ///
    /// The paper's is 2: further on, the correction no longer holds.
    public var maximumRun: Int
    /// The fewest computed steps between two runs.
    public var minimumGap: Int
    /// Steps at the start that are always computed: one to have something to reuse, a second to know the noise.
    public var protectedFirst: Int
    /// Steps at the end that are always computed.
    public var protectedLast: Int
    /// The budget's shares for the early, middle and late third of the run, in any scale; none: no quotas.
    ///
    /// They are kept as nearly as the other rules and the budget allow.
    public var phaseQuotas: [Double]?

    /// Rules with the paper's run length, and otherwise the least that the correction needs.
    public init(
        reuseFraction: Double, maximumRun: Int = 2, minimumGap: Int = 1, protectedFirst: Int = 2,
        protectedLast: Int = 1, phaseQuotas: [Double]? = nil
    ) {
        self.reuseFraction = reuseFraction
        self.maximumRun = maximumRun
        self.minimumGap = minimumGap
        self.protectedFirst = protectedFirst
        self.protectedLast = protectedLast
        self.phaseQuotas = phaseQuotas
    }

    /// The rules of a preset.
    public init(preset: Preset) { self.init(reuseFraction: preset.reuseFraction) }

    /// The number of reused steps asked for: ⌊fraction · steps⌋.
    ///
    /// The fraction is a decimal in binary, so 0.29 · 100 falls just short of 29; the small addition mends that.
    public func budget(steps: Int) -> Int { Int(reuseFraction * Double(steps) + 1e-9) }

    /// The most steps that these rules let a run of `steps` reuse.
    public func mostReusable(steps: Int) -> Int {
        let free = max(0, steps - min(protectedFirst, steps) - min(protectedLast, steps))
        let run = min(maximumRun, steps)
        let period = run + min(minimumGap, steps)
        return free / period * run + min(run, free % period)
    }

    /// The budget, if these rules can meet it.
    /// - Throws: `PlanError` (rules) naming the rule that makes no sense, (budget) naming the most possible.
    public func checkedBudget(steps: Int) throws(PlanError) -> Int {
        let possible = 1...CachePlan.mostSteps
        try check(
            "steps", steps, possible.contains(steps), "\(possible.lowerBound) to \(possible.upperBound)")
        try check(
            "reuse fraction", reuseFraction, reuseFraction >= 0 && reuseFraction < 1, "0 or more, below 1")
        try check(
            "maximum run", maximumRun, maximumRun >= 1 && min(maximumRun, steps) <= Self.longestRun,
            "1 to \(Self.longestRun)")
        try check("minimum gap", minimumGap, minimumGap >= 1, "1 or more")
        try check("protected first steps", protectedFirst, protectedFirst >= 1, "1 or more")
        try check("protected last steps", protectedLast, protectedLast >= 0, "0 or more")
        if let quotas = phaseQuotas {
            let sound =
                quotas.count == 3 && quotas.allSatisfy { $0 >= 0 && $0.isFinite } && quotas != [0, 0, 0]
            try check("phase quotas", quotas, sound, "three shares of 0 or more, not all 0")
        }
        let budget = budget(steps: steps)
        let most = budget == 0 ? 0 : mostReusable(steps: steps)
        guard budget <= most else {
            throw PlanError(
                .budget,
                "reuse of \(reuseFraction) of \(steps) steps: expected at most \(most) reused, found \(budget); the"
                    + " first \(protectedFirst) and the last \(protectedLast) are computed and at most \(maximumRun)"
                    + " in a row are reused; take more steps or reuse fewer")
        }
        return budget
    }

    private func check<T>(_ name: String, _ value: T, _ sound: Bool, _ expected: String) throws(PlanError) {
        guard sound else { throw PlanError(.rules, "\(name): expected \(expected), found \(value)") }
    }
}
