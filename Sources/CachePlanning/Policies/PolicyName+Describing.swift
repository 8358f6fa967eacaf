extension PolicyName {
    /// What it chooses.
    public enum Kind: String, Sendable {
        /// Nothing: every step is computed.
        case none
        /// Whole steps; a reused one takes the residual of all blocks and sends nothing between ranks.
        case steps
        /// Modules of blocks; every step goes through all ranks.
        case modules
        /// Whole steps, image by image, while sampling.
        case dynamic
    }

    /// What it chooses.
    public var kind: Kind {
        if dynamicPolicy != nil { return .dynamic }
        return self == .none ? .none : choosesModules ? .modules : .steps
    }

    /// Where it comes from.
    public var reference: String {
        switch self {
        case .none, .planned, .uniform, .late, .similarity: "–"
        case .omnicache: "arXiv 2508.16212"
        case .magcache: "arXiv 2506.09045"
        case .fora: "arXiv 2407.01425"
        case .taylorseer: "arXiv 2503.06923"
        case .goc: "arXiv 2503.05156"
        case .l2c: "arXiv 2406.01733"
        case .smoothcache: "arXiv 2411.10510"
        case .deltadit: "arXiv 2406.01125"
        case .teacache: "arXiv 2411.19108"
        case .fbcache: "ParaAttention, diffusers"
        case .easycache: "arXiv 2507.02860"
        }
    }

    /// What its reused steps take, if nothing else is asked for.
    ///
    /// Modules with the paper's policy, and with ours, since their forecasts come nearer to what the blocks would add.
    public var usualReuse: ReusedPart { self == .planned || self == .omnicache ? .modules : .residual }

    /// What it is told, besides the run.
    public var options: String {
        switch self {
        case .none: "–"
        case .planned, .uniform, .late, .similarity, .magcache: "--preset, --reuse"
        case .omnicache: "--preset, --reuse, --score"
        case .fora, .deltadit: "--interval"
        case .goc: "--interval, --gradient"
        case .taylorseer: "--interval, --order"
        case .smoothcache: "--threshold"
        case .teacache, .fbcache, .easycache: "--preset, --reuse or --threshold"
        case .l2c: "--plan"
        }
    }

    /// The share of block evaluations that its defaults leave in a run, where that does not depend on the model's
    /// weights.
    /// - Throws: `PlanError` if the run is too short for the defaults.
    public func defaultCost(steps: Int, _ model: [BlockProducts]) throws(PlanError) -> PlanCost? {
        let run = PlanSubject(steps: steps, scheduler: "", guidance: 1, modelHash: "")
        switch self {
        case .l2c, .smoothcache, .teacache, .fbcache, .easycache: return nil
        case .fora, .taylorseer, .goc, .deltadit:
            guard let chooser = try ModuleOptions().policy(self) else { return nil }
            return try CachePlan.make(policy: chooser, blocks: model.count, for: run).cost(model)
        case .none, .planned, .omnicache, .uniform, .late, .similarity, .magcache:
            // Every policy that chooses steps spends its budget.
            let rules = SelectionRules(preset: .slow)
            return try CachePlan.make(
                policy: self == .none ? .none : .uniform, rules: rules, for: run, calibration: nil
            ).cost(model)
        }
    }
}
