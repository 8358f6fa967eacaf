/// Reuses while the magnitude of what the blocks add holds: MagCache (arXiv 2506.09045), decided before the run.
///
/// μ_i is the mean over tokens of ‖r_i‖ / ‖r_{i−1}‖, r the blocks' output less their input, averaged over branches and
/// the calibration's trajectories. Reuse of the residual of computed step j at step i adds |1 − μ_{j+1} ⋯ μ_i| to an
/// error that begins at 0 behind j; step i is reused while that error is at most E. Since μ does not depend on the
/// image, the mask is known beforehand. Score of step i: |1 − μ_i|.
///
/// MagCache is given E (0.06 … 0.24), a longest run (3 … 6) and a share of first steps to compute (a fifth). Here, so
/// that policies of equal cost can be compared, E is the least that spends the budget under the rules of runs, gaps
/// and ends that all policies keep (a comparison tries its own longest runs and first steps); once the budget is spent the rest is computed. It keeps no phase quotas, and by
/// itself it takes no correction.
public struct MagCachePolicy: CachePolicy {
    /// `magcache`.
    public var name: PolicyName { .magcache }

    static let description = PolicyDescription(
        "reuse while the magnitude of what the blocks add holds (MagCache)", from: "arXiv 2506.09045",
        options: [.budget], needsCalibration: true, looksAtResiduals: true,
        .steps { _, _ in MagCachePolicy() })

    /// The policy.
    public init() {}

    /// The mask of the least error bound that spends the budget; it needs calibration.
    public func select(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> PolicySelection {
        let growth = try needed(calibration).meanResidualGrowth
        let budget = try rules.checkedBudget(steps: steps)
        var computed = Array(repeating: true, count: steps)
        for bound in Self.bounds(growth, longest: min(rules.maximumRun, steps)) {
            computed = Self.unrolled(growth, rules, bound: bound, budget: budget)
            if computed.count(where: { !$0 }) == budget { break }
        }
        return PolicySelection(mask: try ReuseMask(computed: computed), scores: growth.map { abs(1 - $0) })
    }

    /// The rules under which it may run: its longest runs, 1 … 6 unless the rules say another than the usual one, with its
    /// shares of first steps to compute, none, a tenth and a fifth; those that can meet the budget.
    public func rulesToTry(_ rules: SelectionRules, steps: Int) -> [SelectionRules] {
        let isUsual = rules.maximumRun == SelectionRules(reuseFraction: 0).maximumRun
        return (1...(isUsual ? 6 : max(1, rules.maximumRun))).flatMap { run in
            [0, steps / 10, steps / 5].map { first in
                var own = rules
                own.maximumRun = run
                own.protectedFirst = max(rules.protectedFirst, first)
                return own
            }
        }.filter { (try? $0.checkedBudget(steps: steps)) != nil }
    }

    /// Every error that a run can come to, ascending: between two of them no decision changes.
    private static func bounds(_ growth: [Double], longest: Int) -> [Double] {
        var bounds: Set<Double> = [0]
        for first in growth.indices {
            var (ratio, error) = (1.0, 0.0)
            for step in first..<min(first + longest, growth.count) {
                ratio *= growth[step]
                error += abs(1 - ratio)
                bounds.insert(error)
            }
        }
        return bounds.sorted()
    }

    /// [S]: the computed steps when MagCache runs with the given E.
    private static func unrolled(
        _ growth: [Double], _ rules: SelectionRules, bound: Double, budget: Int
    ) -> [Bool] {
        let reusable = rules.protectedFirst..<max(rules.protectedFirst, growth.count - rules.protectedLast)
        var computed = Array(repeating: true, count: growth.count)
        var (ratio, error, run, used) = (1.0, 0.0, 0, 0)
        var gap = rules.minimumGap
        for step in growth.indices {
            ratio *= growth[step]
            let next = error + abs(1 - ratio)
            let fits = run > 0 ? run < rules.maximumRun : gap >= rules.minimumGap
            if used < budget, fits, next <= bound, reusable.contains(step) {
                computed[step] = false
                (error, run, used) = (next, run + 1, used + 1)
            } else {
                gap = run > 0 ? 1 : gap + 1
                (ratio, error, run) = (1, 0, 0)
            }
        }
        return computed
    }
}
