/// What a user may say to the policies that choose modules; nothing said leaves a policy's default.
public struct ModuleOptions: Sendable, Codable, Equatable {
    /// From a computed step to the next: `fora`, `goc`, `taylorseer`, `deltadit`.
    public var interval: Int?
    /// The highest derivative: `taylorseer`.
    public var order: Int?
    /// η: `goc`.
    public var gradient: Double?
    /// The largest change that is let pass: `smoothcache`.
    public var threshold: Double?

    /// Options of the given values.
    public init(interval: Int? = nil, order: Int? = nil, gradient: Double? = nil, threshold: Double? = nil) {
        self.interval = interval
        self.order = order
        self.gradient = gradient
        self.threshold = threshold
    }

    /// The policy of a name with these options; none if it chooses steps.
    /// - Throws: `PlanError` (rules) if an option is not the policy's, or if it makes no plan at all (`l2c`).
    public func policy(_ name: PolicyName) throws(PlanError) -> (any ModulePolicy)? {
        if let problem = problem(with: name) { throw PlanError(.rules, problem) }
        switch name.description.maker {
        case .steps, .dynamic: return nil
        case .modules(_, let make): return make(self)
        case .learned:
            throw PlanError(
                .rules,
                "policy \(name.rawValue): its masks are learned elsewhere: make a plan of them, and give that"
            )
        }
    }

    /// Why a policy cannot be told this, a sentence that begins with the option; nil if it can.
    public func problem(with name: PolicyName) -> String? {
        let given: [(option: PolicyOption, isGiven: Bool)] = [
            (.interval, interval != nil), (.order, order != nil), (.gradient, gradient != nil),
            (.threshold, threshold != nil),
        ]
        for (option, isGiven) in given where isGiven && !name.description.options.contains(option) {
            let known = PolicyName.allCases.filter { $0.description.options.contains(option) }
                .map(\.rawValue).joined(separator: ", ")
            return "\(option.rawValue) is of the policies \(known), but the policy is \(name.rawValue)"
        }
        return nil
    }
}
