/// The mask that reuses the steps of lowest score, under a budget and the rules of runs, gaps and ends.
///
/// Of all masks that keep the rules and spend the budget exactly it is the one with the lowest sum of scores.
/// Taking the lowest score first, as the paper is told to do, finds the same mask where the rules do not bind,
/// and can run into a dead end where they do (a run that uses up a gap which the budget needed); the exact
/// search has no dead ends and needs no repair. Equal sums go to the mask that reuses earlier steps.
/// - Parameters:
///   - score: [S]; low = good to reuse. Finite.
///   - steps: S.
///   - rules: budget and rules.
/// - Throws: `PlanError` (budget, rules).
public func selectReusedSteps(
    lowestOf score: [Double], steps: Int, rules: SelectionRules
) throws(PlanError) -> ReuseMask {
    precondition(score.count == steps, "\(score.count) scores for \(steps) steps")
    return try selectReusedSteps(steps: steps, rules: rules) { step, _ in score[step] }
}

/// The mask of the lowest total cost, where a step's cost may also depend on how many were reused before it.
///
/// Dynamic programming from the last step backwards over (step, reused so far, place in the run or gap).
/// - Parameter cost: of reusing a step as the n-th reused one, n from 0.
/// - Complexity: S · K · (run + gap) time; as many booleans are kept.
func selectReusedSteps(
    steps: Int, rules: SelectionRules, cost: (_ step: Int, _ ordinal: Int) -> Double
) throws(PlanError) -> ReuseMask {
    precondition(steps > 0, "a selection among \(steps) steps")
    let budget = try rules.checkedBudget(steps: steps)
    let places = RunPlaces(maximumRun: min(rules.maximumRun, steps), minimumGap: min(rules.minimumGap, steps))
    let quotas = PhaseTargets(rules: rules, steps: steps, budget: budget)
    let reusable = rules.protectedFirst..<max(rules.protectedFirst, steps - rules.protectedLast)
    func slot(_ used: Int, _ place: Int) -> Int { used * places.count + place }

    var onward: [SelectionCost] = Array(repeating: .impossible, count: (budget + 1) * places.count)
    for place in 0..<places.count { onward[slot(budget, place)] = .zero }
    var reuses = Array(repeating: Array(repeating: false, count: onward.count), count: steps)
    for step in stride(from: steps - 1, through: 0, by: -1) {
        var best = onward
        for used in 0...budget {
            let excess = quotas.excess(before: step, used: used)
            for place in 0..<places.count {
                var found = onward[slot(used, places.afterComputed(place))]
                if used < budget, reusable.contains(step), let next = places.afterReused(place) {
                    let reused = onward[slot(used + 1, next)].adding(score: cost(step, used))
                    if reused <= found, reused != .impossible {
                        found = reused
                        reuses[step][slot(used, place)] = true
                    }
                }
                best[slot(used, place)] = found.adding(excess: excess)
            }
        }
        onward = best
    }

    var computed = Array(repeating: true, count: steps)
    var used = 0
    var place = places.start
    for step in 0..<steps {
        if reuses[step][slot(used, place)], let next = places.afterReused(place) {
            computed[step] = false
            used += 1
            place = next
        } else {
            place = places.afterComputed(place)
        }
    }
    return try ReuseMask(computed: computed)
}

/// Where a step stands in its run of reused steps or its gap of computed ones, as small numbers.
private struct RunPlaces {
    var maximumRun: Int
    var minimumGap: Int

    /// Runs of 1 … maximumRun reused steps, then gaps of 1 … minimumGap (or more) computed ones.
    var count: Int { maximumRun + minimumGap }
    /// Nothing reused yet: as if the gap were wide enough.
    var start: Int { count - 1 }

    func afterComputed(_ place: Int) -> Int { place < maximumRun ? maximumRun : min(place + 1, start) }

    func afterReused(_ place: Int) -> Int? {
        if place == start { return 0 }
        return place + 1 < maximumRun ? place + 1 : nil
    }
}

/// How many steps are to be reused before the second and before the last third begins.
private struct PhaseTargets {
    private var targets: [Int: Int] = [:]

    init(rules: SelectionRules, steps: Int, budget: Int) {
        guard let quotas = rules.phaseQuotas else { return }
        let total = quotas[0] + quotas[1] + quotas[2]
        for (third, share) in [(1, quotas[0]), (2, quotas[0] + quotas[1])] where third * steps / 3 > 0 {
            targets[third * steps / 3] = Int((Double(budget) * share / total).rounded())
        }
    }

    func excess(before step: Int, used: Int) -> Int { targets[step].map { abs(used - $0) } ?? 0 }
}

/// Compared by the quotas' violation first, by the sum of scores second.
private struct SelectionCost: Comparable {
    static let zero = SelectionCost(excess: 0, score: 0)
    static let impossible = SelectionCost(excess: .max, score: 0)

    var excess: Int
    var score: Double

    func adding(excess more: Int = 0, score extra: Double = 0) -> SelectionCost {
        excess == .max ? self : SelectionCost(excess: excess + more, score: score + extra)
    }

    static func < (a: SelectionCost, b: SelectionCost) -> Bool {
        (a.excess, a.score) < (b.excess, b.score)
    }
}
