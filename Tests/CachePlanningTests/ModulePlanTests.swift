import CachePlanning
import Failures
import Testing

@Suite(.serialized)
struct ModulePlanTests {
    private func plan(_ policy: any ModulePolicy, steps: Int = 12, blocks: Int = 3) throws -> CachePlan {
        try CachePlan.make(policy: policy, blocks: blocks, for: subject(steps: steps))
    }

    private func letters(_ plan: CachePlan) -> String {
        String(plan.mask.computed.map { $0 ? "C" : "R" as Character })
    }

    @Test(arguments: [
        (1, "CCCCCCCCCCCC"), (2, "CCRCRCRCRCRC"), (3, "CRCRRCRRCRRC"), (20, "CRRRRRRRRRRC"),
    ])
    func foraComputesEveryNthFromTheEnd(_ interval: Int, _ mask: String) throws {
        let plan = try plan(FORAPolicy(interval: interval))
        #expect(letters(plan) == mask && plan.modules?.combination == .reuse)
        #expect(try letters(self.plan(GOCPolicy(interval: interval))) == mask)
    }

    @Test func taylorSeerComputesTwoAndThenEveryNth() throws {
        let plan = try plan(TaylorSeerPolicy(interval: 4, order: 3))
        #expect(letters(plan) == "CCRRRCRRRCRR" && plan.modules?.combination == .taylor(order: 3))
    }

    @Test func deltaDiTReusesRearBlocksFirst() throws {
        let modules = try #require(try plan(DeltaDiTPolicy(interval: 2), steps: 8, blocks: 4).modules)
        #expect(modules.attention[1] == [true, false, false, false])
        #expect(modules.attention[5] == [false, false, false, true])
        #expect([0, 2, 4, 6].allSatisfy { modules.computedModules(at: $0) == 8 })
    }

    @Test(
        arguments: [FORAPolicy(interval: 0), GOCPolicy(gradient: .nan), TaylorSeerPolicy(order: 5)]
            as [any ModulePolicy])
    func optionsOutOfRangeAreRefused(_ policy: any ModulePolicy) {
        #expect { try plan(policy) } throws: { ($0 as? PlanError)?.failureKind == .usage }
    }

    @Test func optionsOfOtherPoliciesAreRefused() throws {
        #expect(throws: PlanError.self) { try ModuleOptions(order: 2).policy(.fora) }
        #expect(throws: PlanError.self) { try ModuleOptions(interval: 2).policy(.planned) }
        #expect(throws: PlanError.self) { try ModuleOptions().policy(.l2c) }
        #expect(try ModuleOptions().policy(.planned) == nil)
        for name in PolicyName.allCases where name.choosesModules && name != .l2c {
            #expect(try ModuleOptions().policy(name)?.name == name)
        }
    }

    @Test(arguments: [FORAPolicy(), GOCPolicy(), TaylorSeerPolicy(), DeltaDiTPolicy()] as [any ModulePolicy])
    func survivesJSON(_ policy: any ModulePolicy) throws {
        let plan = try plan(policy)
        #expect(try CachePlan(json: plan.json()) == plan)
    }

    @Test func everyBitOfTheMasksCountsInTheHash() throws {
        let plans = try [ModuleCombination.reuse, .taylor(order: 1), .taylor(order: 2), .gradient(eta: 1)].map
        {
            try CachePlan.make(
                policy: Fixed($0, ["CC", "CR"], ["CC", "CC"]), blocks: 2, for: subject(steps: 2))
        }
        let others = try [(["CC", "RC"], ["CC", "CC"]), (["CC", "CC"], ["CC", "CR"])].map {
            try CachePlan.make(policy: Fixed(.reuse, $0, $1), blocks: 2, for: subject(steps: 2))
        }
        #expect(Set((plans + others).map(\.hash)).count == 6)
    }

    @Test func aPlanOfOtherBlocksIsRefused() throws {
        let plan = try plan(FORAPolicy(), blocks: 3)
        #expect(throws: Never.self) { try plan.validate(for: plan.subject, blocks: 3) }
        #expect { try plan.validate(for: plan.subject, blocks: 4) } throws: {
            ($0 as? PlanError)?.description.contains("blocks: made for 3, but this run has 4") == true
        }
    }

    @Test(arguments: [PolicyName.fora, .goc, .taylorseer, .deltadit, .smoothcache], [0.3, 0.5, 0.8])
    func nearestCostIsFound(_ policy: PolicyName, _ share: Double) throws {
        let model = Array(repeating: block(tokens: 64, width: 192), count: 4)
        var changes = ModuleChanges(steps: 40, blocks: 1, rows: 1, trajectories: 1)
        for step in 1..<40 {
            for lag in 1...3 where lag <= step {
                changes.add(
                    Double(lag * (step * 7 % 11 + 1)), step % 2 == 0 ? .mlp : .attention, block: 0,
                    step: step,
                    lag: lag)
                changes.add(9, step % 2 == 0 ? .attention : .mlp, block: 0, step: step, lag: lag)
            }
        }
        let plans = try CachePlan.candidates(
            of: policy, nearest: share, model, for: subject(steps: 40), changes: changes)
        let all = try settings(policy, changes).map {
            self.share(
                try CachePlan.make(policy: $0, blocks: 4, for: subject(steps: 40), changes: changes), model)
        }
        let distances = plans.map { abs(self.share($0, model) - share) }
        let least = try #require(all.map { abs($0 - share) }.min())
        #expect(Set(all).count > 4)
        #expect(abs((distances.first ?? 1) - least) < 1e-12)
        // As near as any, or within 1 %, the nearest first, each once.
        #expect(distances.allSatisfy { $0 <= max(least + 1e-8, 0.01 * share) })
        #expect(distances == distances.sorted() && plans.count <= CachePlan.mostCandidates)
        #expect(Set(plans.map(\.hash)).count == plans.count)
        #expect(plans.allSatisfy { $0.policy == policy })
        #expect(throws: PlanError.self) {
            try CachePlan.candidates(
                of: .l2c, nearest: share, model, for: subject(steps: 40), changes: nil)
        }
    }

    /// What does not bear on the cost is left to choose: orders, η, the phase boundary.
    @Test func everySettingOfEqualCostIsACandidate() throws {
        let model = Array(repeating: block(tokens: 64, width: 192), count: 12)
        func combinations(_ policy: PolicyName) throws -> [ModuleCombination?] {
            try CachePlan.candidates(
                of: policy, nearest: 0.5, model, for: subject(steps: 40), changes: nil
            ).map { $0.modules?.combination }
        }
        #expect(try combinations(.fora) == [.reuse])
        #expect(try combinations(.taylorseer) == (0...4).map { .taylor(order: $0) })
        #expect(try combinations(.goc) == (0...7).map { .gradient(eta: Double($0) / 5) })
        let deltas = try combinations(.deltadit)
        #expect(deltas.count > 1 && deltas.allSatisfy { $0 == .offset })
    }

    /// All settings that there are, or a threshold below, at and above each change.
    private func settings(_ policy: PolicyName, _ changes: ModuleChanges) -> [any ModulePolicy] {
        switch policy {
        case .fora: (1...40).map { FORAPolicy(interval: $0) }
        case .goc: (1...40).map { GOCPolicy(interval: $0) }
        case .taylorseer: (1...40).map { TaylorSeerPolicy(interval: $0) }
        case .deltadit:
            (1...40).flatMap { interval in
                (0...4).map { DeltaDiTPolicy(interval: interval, cachedBlocks: $0) }
            }
        default: (0...70).map { SmoothCachePolicy(threshold: Double($0) / 2) }
        }
    }

    /// A block of N tokens and width D, as one counts it by hand.
    private func block(tokens: Int, width: Int) -> BlockProducts {
        BlockProducts(
            attention: 4 * tokens * width * width + 2 * tokens * tokens * width,
            mlp: 8 * tokens * width * width, modulation: 6 * width * width)
    }

    private func share(_ plan: CachePlan, _ model: [BlockProducts]) -> Double {
        let cost = plan.cost(model)
        return cost.blockEvaluations / cost.blockEvaluationsWithoutReuse
    }

    @Test func costOfManyBlocksAndTokensIsANumber() throws {
        // 2^53 products in a block: those of all 10,000 do not fit 63 bits.
        let model = Array(
            repeating: block(tokens: 1 << 24, width: 16), count: ModulePlan.mostBlocks)
        let plan = try CachePlan.make(
            policy: .none, rules: .init(reuseFraction: 0), for: subject(steps: 3),
            calibration: nil)
        let cost = plan.cost(model)
        #expect(cost.steps.map(\.blockEvaluations) == [1e4, 1e4, 1e4])
        let modules = try CachePlan.make(
            policy: FORAPolicy(), blocks: ModulePlan.mostBlocks, for: subject(steps: 3))
        #expect(modules.cost(model).steps[0].blockEvaluations == 1e4)
    }

    @Test func costIsSharesOfProducts() throws {
        let products = block(tokens: 2, width: 4)
        #expect(products.attention == 160 && products.mlp == 256)
        #expect(products.modulation == 96 && products.whole == 512)
        let plan = try CachePlan.make(
            policy: Fixed(.reuse, ["CC", "CR", "RR"], ["CC", "RR", "RR"]), blocks: 2, for: subject(steps: 3))
        let cost: PlanCost = plan.cost([products, products])
        #expect(cost.steps.map(\.kind) == [.computed, .partial, .reused])
        #expect(cost.steps.map(\.blockEvaluations) == [2, 0.6875, 0.375])
        #expect(cost.travellingSteps == 3 && cost.blockEvaluationsWithoutReuse == 6)
        let whole = try CachePlan.make(
            policy: .late, rules: .init(reuseFraction: 0.34), for: subject(steps: 6), calibration: nil)
        let wholeCost = whole.cost(Array(repeating: products, count: 7))
        #expect(wholeCost.blockEvaluations == Double(7 * whole.mask.computedSteps.count))
        #expect(wholeCost.travellingSteps == whole.mask.computedSteps.count && wholeCost.count(.partial) == 0)
    }
}

/// Masks given outright, in letters.
private struct Fixed: ModulePolicy {
    let combination: ModuleCombination
    let attention: [String]
    let mlp: [String]

    var name: PolicyName { .l2c }

    init(_ combination: ModuleCombination, _ attention: [String], _ mlp: [String]) {
        (self.combination, self.attention, self.mlp) = (combination, attention, mlp)
    }

    func modules(steps: Int, blocks: Int, changes: ModuleChanges?) throws(PlanError) -> ModulePlan {
        try ModulePlan(
            combination, attention: attention.map { $0.map { $0 == "C" } },
            mlp: mlp.map { $0.map { $0 == "C" } })
    }

    static func settings(steps: Int, blocks: Int, changes: ModuleChanges?) -> [any ModulePolicy] { [] }
}
