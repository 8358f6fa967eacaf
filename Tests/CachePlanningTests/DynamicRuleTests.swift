import Testing

@testable import CachePlanning

/// Decisions by numbers worked out by hand, and the search for a threshold.
@Suite(.serialized)
struct DynamicRuleTests {
    private func decided(_ rule: DynamicRule, _ signals: [Double?]) -> String {
        var decider = DynamicDecider(rule, steps: signals.count)
        return String(
            signals.enumerated().map { decider.computes(step: $0, signal: $1) ? "C" : "R" as Character })
    }

    @Test func changesAddUpUntilAStepIsComputed() {
        let rule = DynamicRule(.modulatedInput, threshold: 0.25)
        // 0.1, 0.2, 0.3 → computed; 0.1, 0.2; the last step.
        #expect(decided(rule, [nil, 0.1, 0.1, 0.1, 0.1, 0.1, 0]) == "CRRCRRC")
        #expect(decided(rule, [nil, 0.25, 0.24, 0.01, 0]) == "CCRCC")
    }

    @Test func firstBlocksAreComparedEachByItself() {
        let rule = DynamicRule(.firstBlock, threshold: 0.25)
        #expect(decided(rule, [nil, 0.2, 0.2, 0.3, 0.2, 0.2, 0]) == "CRRCRRC")
    }

    @Test func whatIsNoNumberIsComputed() {
        for signal in DynamicSignal.allCases {
            #expect(
                decided(DynamicRule(signal, threshold: 1), [nil, .nan, nil, .infinity, 0.1, 0]) == "CCCCRC")
        }
    }

    @Test func firstStepsAreComputed() {
        let rule = DynamicRule(.outputChange, threshold: 9, computedFirst: 3)
        #expect(decided(rule, Array(repeating: 0, count: 6)) == "CCCRRC")
        #expect(decided(DynamicRule(.outputChange, threshold: 0), [0, 0, 0]) == "CCC")
    }

    @Test func signalsGoThroughThePolynomial() {
        var rule = DynamicRule(.modulatedInput, threshold: 1, coefficients: [2, -1, 0.5])
        #expect(rule.change(3) == 15.5)
        rule.coefficients = [1, -4]
        #expect(rule.change(3) == 0)
        rule.coefficients = []
        #expect(rule.change(3) == 3)
    }

    /// What a search comes to if `computed` says what each threshold computes.
    private func search(
        _ target: Double, from guess: Double, _ computed: (Double) -> Double
    ) throws -> (best: (threshold: Double, computed: Double), tries: Int) {
        var search = ThresholdSearch(target: target, guess: guess)
        var tries = 0
        while let threshold = search.next, tries < 100 {
            search.found(computed: computed(threshold))
            tries += 1
        }
        #expect(search.next == nil)
        return (try #require(search.best), tries)
    }

    @Test(arguments: [1e-9, 0.001, 0.1, 0.13, 1, 1e6, .infinity, .nan, -1], [20.0, 25, 45])
    func searchFindsTheThreshold(guess: Double, target: Double) throws {
        let found = try search(target, from: guess) { 50 - 40 * min(1, $0 / 0.2) }
        #expect(abs(found.best.computed - target) <= 0.01 * target, "\(found)")
        #expect(found.tries <= 24 && (guess != 0.13 || found.tries <= 10), "\(found)")
    }

    /// No threshold computes between 22 and 31 steps: the nearer of the two.
    @Test(arguments: [1e-4, 0.2, 1e5], [(25.0, 22.0), (28, 31)])
    func searchFindsTheNearestWhereNoneIsRight(guess: Double, _ wanted: (target: Double, nearest: Double))
        throws
    {
        let found = try search(wanted.target, from: guess) { $0 < 0.07 ? 31 : $0 < 3 ? 22 : 2 }
        #expect(found.best.computed == wanted.nearest, "\(found)")
    }

    /// Fewer steps than any threshold computes, and more.
    @Test(arguments: [(1.0, 3.0), (60, 50)])
    func searchEndsWhereItCannotGoOn(target: Double, nearest: Double) throws {
        let found = try search(target, from: 0.1) { $0 < 1e-3 ? 50 : 3 }
        #expect(found.best.computed == nearest && found.tries <= 24, "\(found)")
    }

    @Test func planOfARuleIsReadAsItWasWritten() throws {
        var rule = DynamicRule(.firstBlock, threshold: 0.1, coefficients: [1, 2], computedFirst: 2)
        rule.expectedComputedSteps = 4.5
        let run = PlanSubject(steps: 8, scheduler: "ddim", guidance: 2, modelHash: "m")
        let plan = try CachePlan.make(policy: .fbcache, rule: rule, for: run, trajectories: 3, seed: 9)
        let read = try CachePlan(json: plan.json())
        #expect(read == plan && read.contentHash == plan.contentHash)
        rule.threshold = 0.2
        #expect(try CachePlan.make(policy: .fbcache, rule: rule, for: run).contentHash != plan.contentHash)
    }

    @Test(arguments: [
        (DynamicRule(.firstBlock, threshold: -1), "threshold"),
        (DynamicRule(.firstBlock, threshold: .nan), "threshold"),
        (DynamicRule(.firstBlock, threshold: 1, coefficients: [.infinity]), "coefficients"),
        (DynamicRule(.firstBlock, threshold: 1, coefficients: Array(repeating: 0, count: 9)), "coefficients"),
        (DynamicRule(.firstBlock, threshold: 1, computedFirst: 0), "computedFirst"),
        (DynamicRule(.firstBlock, threshold: 1, computedFirst: 9), "computedFirst"),
    ])
    func unsoundRulesAreRefused(_ rule: DynamicRule, part: String) {
        let run = PlanSubject(steps: 8, scheduler: "ddim", guidance: 2, modelHash: "m")
        let error = #expect(throws: PlanError.self) {
            try CachePlan.make(policy: .fbcache, rule: rule, for: run)
        }
        #expect(error?.description.contains("plan: dynamic: \(part): expected") == true)
    }
}
