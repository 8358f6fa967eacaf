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
        try check(name)
        switch name {
        case .none, .planned, .omnicache, .uniform, .late, .similarity, .magcache: return nil
        case .teacache, .fbcache, .easycache: return nil
        case .fora:
            var policy = FORAPolicy()
            if let interval { policy.interval = interval }
            return policy
        case .goc:
            var policy = GOCPolicy()
            if let interval { policy.interval = interval }
            if let gradient { policy.gradient = gradient }
            return policy
        case .taylorseer:
            var policy = TaylorSeerPolicy()
            if let interval { policy.interval = interval }
            if let order { policy.order = order }
            return policy
        case .smoothcache:
            var policy = SmoothCachePolicy()
            if let threshold { policy.threshold = threshold }
            return policy
        case .deltadit:
            var policy = DeltaDiTPolicy()
            if let interval { policy.interval = interval }
            return policy
        case .l2c:
            throw PlanError(
                .rules,
                "policy l2c: its masks are learned elsewhere: make a plan of them and give it with --plan")
        }
    }

    private func check(_ name: PolicyName) throws(PlanError) {
        let given: [(option: String, isGiven: Bool, policies: [PolicyName])] = [
            ("interval", interval != nil, [.fora, .goc, .taylorseer, .deltadit]),
            ("order", order != nil, [.taylorseer]), ("gradient", gradient != nil, [.goc]),
            ("threshold", threshold != nil, [.smoothcache, .teacache, .fbcache, .easycache]),
        ]
        for (option, isGiven, policies) in given where isGiven && !policies.contains(name) {
            let known = policies.map(\.rawValue).joined(separator: ", ")
            throw PlanError(
                .rules, "--\(option) is of the policies \(known), but the policy is \(name.rawValue)")
        }
    }
}
