extension PolicyName {
    /// What a policy chooses.
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
        switch description.maker {
        case .steps: self == .none ? .none : .steps
        case .modules, .learned: .modules
        case .dynamic: .dynamic
        }
    }

    /// Whether the choice of steps needs a calibration run.
    public var needsCalibration: Bool { description.needsCalibration }

    /// Whether it chooses modules of blocks rather than whole steps.
    public var choosesModules: Bool { kind == .modules }

    /// What its reused steps take, if nothing else is asked for.
    public var usualReuse: ReusedPart { description.usualReuse }

    /// What corrects the predictions that it lets be reused, if nothing else is asked for.
    public var usualCorrection: UsualCorrection { description.usualCorrection }

    /// The policy that decides while sampling, if this is one.
    public var dynamicPolicy: (any DynamicPolicy)? {
        guard case .dynamic(let policy) = description.maker else { return nil }
        return policy
    }

    /// The policy that chooses steps before the run, if this is one.
    /// - Parameters:
    ///   - score: what `omnicache` scores by; the others do not look at it.
    ///   - correction: what the reused predictions will be corrected with.
    public func policy(
        score: CurvatureMeasure = .turn, correction: CorrectionChoice = .measuredBest
    ) -> (any CachePolicy)? {
        guard case .steps(let make) = description.maker else { return nil }
        return make(score, correction)
    }

    /// The share of block evaluations that its defaults leave in a run, where that does not depend on the model's
    /// weights.
    /// - Throws: `PlanError` if the run is too short for the defaults.
    public func defaultCost(steps: Int, _ model: [BlockProducts]) throws(PlanError) -> PlanCost? {
        let run = PlanSubject(steps: steps, scheduler: "", guidance: 1, modelHash: "")
        let plan: CachePlan
        switch description.maker {
        case .steps:
            // Every policy that chooses steps spends its budget.
            plan = try CachePlan.make(
                policy: self == .none ? .none : .uniform, rules: SelectionRules(preset: .slow), for: run,
                calibration: nil)
        case .modules(_, let make) where !needsCalibration:
            plan = try CachePlan.make(policy: make(ModuleOptions()), blocks: model.count, for: run)
        case .modules, .learned, .dynamic: return nil
        }
        return plan.cost(model)
    }
}
