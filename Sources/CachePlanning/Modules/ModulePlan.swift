/// Which modules of which blocks are computed at each step, and what stands in for the others.
///
/// A run under such a plan sends every step through all ranks, since even a block that computes nothing adds its
/// cached outputs under the current timestep's gates. The first step computes everything.
public struct ModulePlan: Sendable, Equatable {
    /// The most blocks that a plan may speak of.
    public static let mostBlocks = 10_000

    /// What stands in for modules that are not computed.
    public let combination: ModuleCombination
    /// [S][L]: true = the attention of that block is computed.
    public let attention: [[Bool]]
    /// [S][L]: true = the feed-forward layers of that block are computed.
    public let mlp: [[Bool]]

    /// A plan of the given masks.
    /// - Throws: `PlanError` (malformed) if a length differs from the others, the first step does not compute
    ///   everything, or a number is out of range.
    public init(
        _ combination: ModuleCombination, attention: [[Bool]], mlp: [[Bool]]
    ) throws(PlanError) {
        self.combination = combination
        self.attention = attention
        self.mlp = mlp
        try check()
    }

    /// A plan in which all blocks and both modules do the same.
    /// - Parameter computed: [S].
    public init(
        _ combination: ModuleCombination, allBlocks computed: [Bool], blocks: Int
    ) throws(PlanError) {
        let mask = computed.map { Array(repeating: $0, count: blocks) }
        try self.init(combination, attention: mask, mlp: mask)
    }

    /// Steps, S.
    public var steps: Int { attention.count }
    /// Blocks, L.
    public var blocks: Int { attention.first?.count ?? 0 }

    /// Whether a module is computed at a step.
    public func computes(_ module: BlockModule, of block: Int, at step: Int) -> Bool {
        module == .attention ? attention[step][block] : mlp[step][block]
    }

    /// Whether a module is ever reused, so that its output must be kept.
    public func reuses(_ module: BlockModule, of block: Int) -> Bool {
        (module == .attention ? attention : mlp).contains { !$0[block] }
    }

    /// How many of the 2·L modules are computed at a step.
    public func computedModules(at step: Int) -> Int {
        attention[step].count { $0 } + mlp[step].count { $0 }
    }

    /// The step mask that goes with it: computed = any module computes.
    public var stepMask: ReuseMask {
        get throws(PlanError) { try ReuseMask(computed: (0..<steps).map { computedModules(at: $0) > 0 }) }
    }

    private func check() throws(PlanError) {
        try expect("steps", "1 … \(CachePlan.mostSteps)", steps, (1...CachePlan.mostSteps).contains(steps))
        try expect("mlp", "\(steps) steps", "\(mlp.count)", mlp.count == steps)
        try expect("blocks", "1 … \(Self.mostBlocks)", blocks, (1...Self.mostBlocks).contains(blocks))
        for (name, mask) in [("attention", attention), ("mlp", mlp)] {
            for (step, row) in mask.enumerated() {
                try expect("\(name)[\(step)]", "\(blocks) blocks", "\(row.count)", row.count == blocks)
            }
            try expect(
                "\(name)[0]", "every block computed",
                "blocks that are not; the first step has nothing to reuse",
                mask[0].allSatisfy { $0 })
        }
        switch combination {
        case .reuse: break
        case .taylor(let order):
            let orders = 0...ModuleCombination.highestOrder
            try expect("order", "\(orders.lowerBound) … \(orders.upperBound)", order, orders.contains(order))
        case .gradient(let eta): try expect("eta", "-10 … 10", eta, (-10...10).contains(eta))
        case .offset:
            try expect(
                "mlp", "the mask of attention, since an offset is a whole block's", "another",
                mlp == attention)
        }
    }

    private func expect<T>(
        _ field: String, _ expected: String, _ found: T, _ sound: Bool
    ) throws(PlanError) {
        guard sound else {
            throw PlanError(.malformed, "plan: modules: \(field): expected \(expected), found \(found)")
        }
    }
}
