import CachePlanning
import Models

/// A policy that an evaluation compares, with what is said of it: `NAME[:score=S][:correction=C][:filter=F][:max-run=N][:reuse-of=P]`.
struct PolicyVariant: Codable, Sendable, Equatable {
    let policy: PolicyName
    /// What `omnicache` scores by; none: what calibration finds best.
    private(set) var score: CurvatureMeasure?
    private(set) var correction = CorrectionSettings()
    private(set) var maximumRun = usualRun
    /// What is said of it; none: what the policy usually reuses with the model.
    private(set) var reuseOf: ReusedPart?

    private static let usualRun = SelectionRules(reuseFraction: 0).maximumRun

    /// The policy as it is.
    init(_ policy: PolicyName) {
        self.policy = policy
    }

    /// What it reuses with a model.
    func reuse(on model: any DenoiserConfiguration) -> ReusedPart { reuseOf ?? policy.usualReuse(on: model) }

    /// What stands in the argument of an option.
    /// - Throws: `PolicyVariantError`.
    init(argument: String) throws {
        var parts = argument.split(separator: ":", omittingEmptySubsequences: false)[...]
        let name = parts.popFirst().map(String.init) ?? ""
        self.init(try Self.value(name, of: "a policy"))
        var said: Set<Substring> = []
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let option = pair[0]
            guard pair.count == 2, said.insert(option).inserted else {
                throw PolicyVariantError("expected NAME:OPTION=VALUE, each option once, found '\(part)'")
            }
            try set(option, String(pair[1]))
        }
        if !said.isEmpty, policy.kind != .steps {
            throw PolicyVariantError(
                "\(policy.rawValue) chooses no steps before the run and has none of these options")
        }
        if let problem = correction.problem(with: policy) { throw PolicyVariantError(problem) }
        if let problem = reuseOf?.problem(with: policy) { throw PolicyVariantError(problem) }
        // What a policy does anyway goes without saying.
        let usual: CorrectionArgument = CorrectionSettings().corrects(policy) ? .auto : .none
        if correction.correction == usual { correction.correction = nil }
    }

    private mutating func set(_ option: Substring, _ value: String) throws(PolicyVariantError) {
        switch option {
        case "score" where policy.description.options.contains(.score):
            score = try Self.value(value, of: "score")
        case "score":
            throw PolicyVariantError("score is omnicache's, but the policy is \(policy.rawValue)")
        case "correction": correction.correction = try Self.value(value, of: "correction")
        case "filter": correction.filter = try Self.value(value, of: "filter")
        case "reuse-of": reuseOf = try Self.value(value, of: "reuse-of")
        case "max-run":
            guard let number = Int(value), (1...3).contains(number) else {
                throw PolicyVariantError("max-run: expected 1 to 3, found '\(value)'")
            }
            maximumRun = number
        default:
            throw PolicyVariantError(
                "expected one of the options score, correction, filter, max-run, reuse-of, found '\(option)'")
        }
    }

    private static func value<Value: RawRepresentable & CaseIterable>(
        _ text: String, of what: String
    ) throws(PolicyVariantError) -> Value where Value.RawValue == String {
        if let value = Value(rawValue: text) { return value }
        let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw PolicyVariantError("\(what): expected one of \(known), found '\(text)'")
    }

    /// What the table calls it: what is said that is not the policy's own way.
    var name: String { ([policy.rawValue] + options.map { "\($0)=\($1)" }).joined(separator: ":") }

    /// What files call it.
    var key: String { ([policy.rawValue] + options.flatMap { [$0, $1] }).joined(separator: "-") }

    private var options: [(String, String)] {
        var options: [(String, String)] = []
        if let score { options.append(("score", score.rawValue)) }
        if let correction = correction.correction { options.append(("correction", correction.rawValue)) }
        if correction.filter != .auto { options.append(("filter", correction.filter.rawValue)) }
        if maximumRun != Self.usualRun { options.append(("max-run", "\(maximumRun)")) }
        if let reuseOf, reuseOf != policy.usualReuse { options.append(("reuse-of", reuseOf.rawValue)) }
        return options
    }

    /// Whether its plan takes a calibration of steps.
    var needsCalibration: Bool {
        policy.kind == .steps && (policy.needsCalibration || correction.corrects(policy))
    }

    /// What its correction is bound to.
    var limits: CorrectionLimits { correction.limits(for: policy) }

    /// Whether its forecast is to be found by drawing.
    var forecasts: Bool { correction.forecasts(for: policy) }

    /// Its rules for a share of the steps.
    func rules(_ budget: Double) -> SelectionRules {
        SelectionRules(reuseFraction: budget, maximumRun: maximumRun)
    }

    /// What the parts of planned and omnicache are worth, a row for each: reuse by itself, corrected, filtered, of
    /// residuals; and what a correction and its forecast do for other choices of steps.
    static var ablation: [PolicyVariant] {
        func variant(
            _ policy: PolicyName, _ correction: CorrectionArgument? = nil, filter: FilterArgument = .auto,
            reuseOf: ReusedPart? = nil
        ) -> PolicyVariant {
            var variant = PolicyVariant(policy)
            variant.correction = CorrectionSettings(correction: correction, filter: filter)
            variant.reuseOf = reuseOf
            return variant
        }
        let ours = [
            variant(.planned, CorrectionArgument.none), variant(.planned, filter: .off),
            variant(.planned, filter: .on), variant(.planned), variant(.planned, reuseOf: .residual),
        ]
        let papers = [
            variant(.omnicache, CorrectionArgument.none), variant(.omnicache, filter: .off),
            variant(.omnicache), variant(.omnicache, reuseOf: .residual),
        ]
        let others = [PolicyName.uniform, .late, .similarity].flatMap {
            [variant($0), variant($0, reuseOf: .modules), variant($0, .auto, reuseOf: .modules)]
        }
        return ours + papers + others
    }
}

/// What is wrong with a policy and its options, in a sentence without an end.
struct PolicyVariantError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
