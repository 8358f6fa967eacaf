extension CachePlan {
    /// The plan of a policy that chooses modules whose cost comes nearest to a share of the uncached run's.
    ///
    /// What is tried: every interval of `fora`, `goc`, `taylorseer` and `deltadit`, and of `smoothcache` every
    /// threshold that calibration knows. Of equally near ones the cheapest.
    /// - Parameters:
    ///   - share: of block evaluations, 0 … 1.
    ///   - changes: of a calibration of that run, for `smoothcache`.
    /// - Throws: `PlanError` (rules) for a policy that does not make such plans, (calibration).
    public static func make(
        policy: PolicyName, nearest share: Double, blocks: Int, _ products: BlockProducts,
        for run: PlanSubject,
        changes: ModuleChanges?, seed: UInt64 = 0
    ) throws(PlanError) -> CachePlan {
        var nearest: (plan: CachePlan, distance: Double, cost: Double)?
        for candidate in try candidates(of: policy, steps: run.steps, changes) {
            let plan = try make(policy: candidate, blocks: blocks, for: run, changes: changes, seed: seed)
            let cost = plan.cost(blocks: blocks, products)
            let evaluations = cost.blockEvaluations
            let distance = abs(evaluations - share * cost.blockEvaluationsWithoutReuse)
            if let best = nearest, (best.distance, best.cost) <= (distance, evaluations) { continue }
            nearest = (plan, distance, evaluations)
        }
        guard let nearest else {
            throw PlanError(
                .rules,
                "policy \(policy.rawValue): expected one that chooses modules by an interval or a threshold")
        }
        return nearest.plan
    }

    private static func candidates(
        of policy: PolicyName, steps: Int, _ changes: ModuleChanges?
    ) throws(PlanError) -> [any ModulePolicy] {
        if policy == .smoothcache {
            guard let changes else { return [SmoothCachePolicy()] }
            return changes.means.map { SmoothCachePolicy(threshold: $0) }
        }
        guard [.fora, .goc, .taylorseer, .deltadit].contains(policy) else { return [] }
        var all: [any ModulePolicy] = []
        for interval in 1...min(steps, longestInterval) {
            if let candidate = try ModuleOptions(interval: interval).policy(policy) { all.append(candidate) }
        }
        return all
    }

    /// Beyond it a run of any length is hardly computed at all.
    private static let longestInterval = 32
}
