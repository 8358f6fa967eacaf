import CachePlanning
import Failures
import Testing

/// Whether a mask keeps the rules.
func keeps(_ mask: ReuseMask, _ rules: SelectionRules) -> Bool {
    let runs = mask.runs
    let gaps = zip(runs, runs.dropFirst()).map { $1.lowerBound - $0.upperBound }
    return runs.allSatisfy { $0.count <= rules.maximumRun } && gaps.allSatisfy { $0 >= rules.minimumGap }
        && mask.computed.prefix(rules.protectedFirst).allSatisfy { $0 }
        && mask.computed.suffix(rules.protectedLast).allSatisfy { $0 }
}

func scores(_ steps: Int, seed: UInt64 = 5) -> [Double] {
    var numbers = SeededNumbers(seed: seed)
    return numbers.array(steps).map { Double($0 * $0) }
}

@Suite(.serialized)
struct SelectionTests {
    @Test(arguments: [(2, 1, nil), (1, 1, nil), (3, 1, nil), (2, 2, nil), (2, 1, [0.4, 0.4, 0.2])])
    func meetsEveryBudgetOrNamesTheMost(maximumRun: Int, minimumGap: Int, quotas: [Double]?) throws {
        for steps in 1...60 {
            for fraction in stride(from: 0.0, through: 0.66, by: 0.06) {
                let rules = SelectionRules(
                    reuseFraction: fraction, maximumRun: maximumRun, minimumGap: minimumGap,
                    phaseQuotas: quotas)
                let budget = rules.budget(steps: steps)
                let most = rules.mostReusable(steps: steps)
                do {
                    let mask = try selectReusedSteps(lowestOf: scores(steps), steps: steps, rules: rules)
                    #expect(keeps(mask, rules) && mask.reusedCount == budget, "\(steps) steps, \(fraction)")
                } catch {
                    #expect(error.kind == .budget && budget > most, "\(steps) steps, \(fraction)")
                    #expect(error.description.contains("at most \(most) reused, found \(budget)"))
                }
            }
        }
    }

    @Test func theMostIsWhatASearchFindsToo() throws {
        for (run, gap) in [(1, 1), (2, 1), (2, 2), (3, 2)] {
            for steps in 1...12 {
                let rules = SelectionRules(reuseFraction: 0, maximumRun: run, minimumGap: gap)
                let most = legalMasks(steps: steps, rules: rules).map(\.reusedCount).max() ?? 0
                #expect(rules.mostReusable(steps: steps) == most, "\(steps) steps, runs \(run), gaps \(gap)")
            }
        }
    }

    @Test(arguments: [(2, 1), (1, 1), (3, 1), (2, 2)])
    func findsTheLowestSumOfAllLegalMasks(maximumRun: Int, minimumGap: Int) throws {
        for seed in 1...5 {
            let steps = 13
            let scores = scores(steps, seed: UInt64(seed))
            let rules = SelectionRules(reuseFraction: 0.3, maximumRun: maximumRun, minimumGap: minimumGap)
            let legal = legalMasks(steps: steps, rules: rules).filter { $0.reusedCount == 3 }
            let lowest = try #require(legal.map { sum(scores, $0) }.min())
            let mask = try selectReusedSteps(lowestOf: scores, steps: steps, rules: rules)
            #expect(abs(sum(scores, mask) - lowest) < 1e-12)
        }
    }

    @Test func presetsReuseHalfAndSixtyPercentOfFiftySteps() throws {
        for (preset, reused) in [(SelectionRules.Preset.slow, 25), (.fast, 30)] {
            let mask = try selectReusedSteps(lowestOf: scores(50), steps: 50, rules: .init(preset: preset))
            #expect(mask.reusedCount == reused)
        }
    }

    @Test(arguments: [(0.29, 100, 29), (0.6, 5, 3), (0.6, 50, 30), (0.5, 7, 3), (0.58, 50, 29)])
    func budgetsAreWholeStepsOfTheDecimalFraction(fraction: Double, steps: Int, budget: Int) {
        #expect(SelectionRules(reuseFraction: fraction).budget(steps: steps) == budget)
    }

    @Test func equalScoresReuseEarlierSteps() throws {
        let rules = SelectionRules(reuseFraction: 0.25)
        let mask = try selectReusedSteps(lowestOf: Array(repeating: 1, count: 12), steps: 12, rules: rules)
        #expect(mask.runs == [2..<4, 5..<6])
    }

    @Test func aBudgetOutOfReachNamesTheMost() {
        #expect {
            try selectReusedSteps(lowestOf: scores(5), steps: 5, rules: .init(preset: .fast))
        } throws: { error in
            let error = error as? PlanError
            return error?.failureKind == .usage
                && error?.description.contains("at most 2 reused, found 3") == true
        }
    }

    @Test(arguments: [
        SelectionRules(reuseFraction: 1), SelectionRules(reuseFraction: -0.1),
        SelectionRules(reuseFraction: .nan), SelectionRules(reuseFraction: 0.5, maximumRun: 0),
        SelectionRules(reuseFraction: 0.5, minimumGap: 0),
        SelectionRules(reuseFraction: 0.5, protectedFirst: 0),
        SelectionRules(reuseFraction: 0.5, protectedLast: -1),
        SelectionRules(reuseFraction: 0.5, phaseQuotas: [1, 1]),
        SelectionRules(reuseFraction: 0.5, phaseQuotas: [0, 0, 0]),
    ])
    func rulesThatMakeNoSenseAreErrors(_ rules: SelectionRules) {
        #expect {
            try selectReusedSteps(lowestOf: scores(20), steps: 20, rules: rules)
        } throws: { ($0 as? PlanError)?.kind == .rules }
    }

    /// Were it let pass, nothing would be reused, without a word.
    @Test func aRunLongerThanASelectionCanChooseIsAnError() throws {
        let rules = SelectionRules(reuseFraction: 256.0 / 300, maximumRun: 256)
        #expect {
            try selectReusedSteps(lowestOf: scores(300), steps: 300, rules: rules)
        } throws: { error in
            let error = error as? PlanError
            return error?.kind == .rules
                && error?.description.contains("expected 1 to 255, found 256") == true
        }
        // As long as the run is none that is meant.
        let few = SelectionRules(reuseFraction: 0.5, maximumRun: .max)
        #expect(try selectReusedSteps(lowestOf: scores(20), steps: 20, rules: few).reusedCount == 10)
    }

    @Test func quotasMoveTheBudgetBetweenThirds() throws {
        let rules = SelectionRules(reuseFraction: 0.2, phaseQuotas: [0.5, 0.4, 0.1])
        let late = (0..<60).map { Double(60 - $0) }
        let mask = try selectReusedSteps(lowestOf: late, steps: 60, rules: rules)
        let thirds = (0..<3).map { third in mask.computed[(20 * third)..<(20 * third + 20)].count { !$0 } }
        #expect(thirds == [6, 5, 1])
    }

    @Test func quotasGiveWayToTheBudget() throws {
        let rules = SelectionRules(reuseFraction: 0.5, phaseQuotas: [0, 0, 1])
        let mask = try selectReusedSteps(lowestOf: scores(30), steps: 30, rules: rules)
        #expect(mask.reusedCount == 15)
        #expect(mask.computed[20...].count { !$0 } == 6)
    }
}

private func sum(_ scores: [Double], _ mask: ReuseMask) -> Double {
    zip(scores, mask.computed).reduce(0) { $1.1 ? $0 : $0 + $1.0 }
}

/// Every mask that keeps the rules, by trying all.
private func legalMasks(steps: Int, rules: SelectionRules) -> [ReuseMask] {
    (0..<(1 << (steps - 1))).compactMap { bits in
        let mask = try? ReuseMask(computed: [true] + (0..<(steps - 1)).map { bits >> $0 & 1 == 0 })
        return mask.flatMap { keeps($0, rules) ? $0 : nil }
    }
}
