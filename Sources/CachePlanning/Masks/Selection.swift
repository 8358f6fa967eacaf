/// A run of reused steps, as a selection weighs it.
struct ReuseRun {
    /// The reused steps.
    let steps: Range<Int>
    /// Steps from the computed step before the last one to the last one; none where only step 0 was computed.
    let spacing: Int?
    /// How many steps are reused before it.
    let reusedBefore: Int
}

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
    return try selectReusedSteps(steps: steps, rules: rules) { run in
        run.steps.reduce(0) { $0 + score[$1] }
    }
}

/// The mask of the lowest total cost of its runs.
///
/// Dynamic programming from the last step backwards over (computed step, place behind the last run, reused so far).
/// - Parameter cost: of reusing a run of steps. Finite.
/// - Complexity: S · K · (run + gap) · run time; as many bytes are kept, less the last factor.
func selectReusedSteps(
    steps: Int, rules: SelectionRules, cost: (ReuseRun) -> Double
) throws(PlanError) -> ReuseMask {
    precondition(steps > 0, "a selection among \(steps) steps")
    let budget = try rules.checkedBudget(steps: steps)
    let places = Places(
        maximumRun: min(rules.maximumRun, steps), minimumGap: min(rules.minimumGap, steps))
    let quotas = PhaseTargets(rules: rules, steps: steps, budget: budget)
    let reusable = rules.protectedFirst..<max(rules.protectedFirst, steps - rules.protectedLast)
    func slot(_ used: Int, _ place: Int) -> Int { used * places.count + place }

    // onward[i]: the best from computed step i on, by steps reused before it and its place; behind the last step
    // the budget must be spent.
    let width = (budget + 1) * places.count
    var onward: [[SelectionCost]] = Array(repeating: [], count: steps)
    onward.append(Array(repeating: .impossible, count: width))
    for place in 0..<places.count { onward[steps][slot(budget, place)] = .zero }
    var lengths = Array(repeating: Array(repeating: UInt8(0), count: width), count: steps)
    for step in stride(from: steps - 1, through: 0, by: -1) {
        var layer = Array(repeating: SelectionCost.impossible, count: width)
        for used in 0...budget {
            for place in 0..<places.count {
                let longest = places.mayReuse(place) ? min(places.maximumRun, budget - used) : 0
                for length in stride(from: longest, through: 0, by: -1) {
                    let run = (step + 1)..<(step + 1 + length)
                    guard
                        run.isEmpty || (reusable.contains(step + 1) && run.upperBound <= reusable.upperBound)
                    else { continue }
                    let next = length == 0 ? places.afterComputed(place) : places.afterRun(length)
                    // A computed last step ends the walk; a run may end it too.
                    var found = onward[run.upperBound][slot(used + length, next)]
                    if found == .impossible { continue }
                    found = found.adding(excess: quotas.excess(run, used: used))
                    if length > 0 {
                        let spacing = step == 0 ? nil : places.spacing(place)
                        found = found.adding(
                            score: cost(ReuseRun(steps: run, spacing: spacing, reusedBefore: used)))
                    }
                    if found < layer[slot(used, place)] {
                        layer[slot(used, place)] = found
                        lengths[step][slot(used, place)] = UInt8(length)
                    }
                }
            }
        }
        onward[step] = layer
        if step + places.maximumRun + 1 <= steps { onward[step + places.maximumRun + 1] = [] }
    }

    var computed = Array(repeating: true, count: steps)
    var (step, used, place) = (0, 0, places.start)
    while step < steps {
        let length = Int(lengths[step][slot(used, place)])
        for reused in (step + 1)..<(step + 1 + length) { computed[reused] = false }
        place = length == 0 ? places.afterComputed(place) : places.afterRun(length)
        (step, used) = (step + length + 1, used + length)
    }
    return try ReuseMask(computed: computed)
}

/// Where a computed step stands behind the last run, as small numbers: directly behind a run of 1 … maximumRun
/// steps, or as the second … computed step since, the last number standing for all that are far enough.
private struct Places {
    let maximumRun: Int
    let minimumGap: Int

    var count: Int { maximumRun + max(minimumGap, 2) - 1 }
    /// Nothing reused yet: as if the gap were wide enough.
    var start: Int { count - 1 }

    func afterComputed(_ place: Int) -> Int { place < maximumRun ? maximumRun : min(place + 1, start) }
    func afterRun(_ length: Int) -> Int { length - 1 }
    func mayReuse(_ place: Int) -> Bool { (place < maximumRun ? 1 : place - maximumRun + 2) >= minimumGap }
    func spacing(_ place: Int) -> Int { place < maximumRun ? place + 2 : 1 }
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

    /// How far the thirds that begin within a run, or at the step behind it, miss their targets.
    func excess(_ run: Range<Int>, used: Int) -> Int {
        if targets.isEmpty { return 0 }
        return (run.lowerBound...run.upperBound).reduce(0) { sum, step in
            sum + (targets[step].map { abs(used + step - run.lowerBound - $0) } ?? 0)
        }
    }
}

/// Compared by the quotas' violation first, by the sum of scores second.
private struct SelectionCost: Comparable {
    static let zero = SelectionCost(excess: 0, score: 0)
    static let impossible = SelectionCost(excess: .max, score: 0)

    var excess: Int
    var score: Double

    func adding(excess more: Int = 0, score extra: Double = 0) -> SelectionCost {
        SelectionCost(excess: excess + more, score: score + extra)
    }

    static func < (a: SelectionCost, b: SelectionCost) -> Bool {
        (a.excess, a.score) < (b.excess, b.score)
    }
}
