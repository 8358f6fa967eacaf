extension CachePlan {
    /// The most plans of a policy that are worth drawing with at one budget: as many as `planned` may draw, each mask
    /// with each order of forecast, with and without a correction.
    public static var mostCandidates: Int { ErrorPolicy().mostSelections * ForecastFit.count }

    /// The plans of a policy that chooses modules whose cost is as near to a share of the uncached run's as any setting of
    /// its options comes, or within 1 %: what is left to choose at that cost.
    ///
    /// The nearest first, of equally near ones the cheaper.
    /// - Parameters:
    ///   - share: of block evaluations, 0 … 1.
    ///   - model: its blocks, [L].
    ///   - changes: of a calibration of that run, for `smoothcache`.
    /// - Throws: `PlanError` (rules) for a policy that does not make such plans, (calibration).
    public static func candidates(
        of policy: PolicyName, nearest share: Double, _ model: [BlockProducts],
        for run: PlanSubject, changes: ModuleChanges?, seed: UInt64 = 0
    ) throws(PlanError) -> [CachePlan] {
        guard case .modules(let chooser, _) = policy.description.maker else {
            throw PlanError(
                .rules, "policy \(policy.rawValue): expected one that chooses modules by its options")
        }
        let blocks = model.count
        let settings = chooser.settings(steps: run.steps, blocks: blocks, changes: changes)
        var found: [(plan: CachePlan, distance: Double, cost: Double)] = []
        let target = share * Double(run.steps * blocks)
        for setting in settings {
            let plan = try make(policy: setting, blocks: blocks, for: run, changes: changes, seed: seed)
            let cost = plan.cost(model).blockEvaluations
            found.append((plan, abs(cost - target), cost))
        }
        let least = found.map(\.distance).min() ?? 0
        let near = found.filter { $0.distance <= max(least + 1e-9 * target, 0.01 * target) }
            .sorted { ($0.distance, $0.cost) < ($1.distance, $1.cost) }
        let different = near.reduce(into: [CachePlan]()) { kept, next in
            if !kept.contains(where: { $0.modules == next.plan.modules }) { kept.append(next.plan) }
        }
        return Array(different.prefix(mostCandidates))
    }
}
