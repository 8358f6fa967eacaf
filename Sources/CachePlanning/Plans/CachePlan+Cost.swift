/// How the matrix products of a transformer block are spread over its parts, counted in multiplications.
public struct BlockProducts: Sendable, Equatable {
    /// Projections and attention itself, of one image: N·(4·D² + 2·N·D).
    public let attention: Int
    /// The feed-forward layers: 8·N·D².
    public let mlp: Int
    /// Shifts, scales and gates of the timestep: 6·D², whether or not the modules are computed.
    public let modulation: Int

    /// Of a block with N tokens of width D, the feed-forward layers four times as wide.
    public init(tokens: Int, width: Int) {
        attention = tokens * (4 * width * width + 2 * tokens * width)
        mlp = 8 * tokens * width * width
        modulation = 6 * width * width
    }

    /// All of a block.
    public var whole: Int { attention + mlp + modulation }
}

/// What the steps of a plan cost, of one image and branch.
public struct PlanCost: Sendable, Equatable {
    /// How much of a step is computed.
    public enum Kind: String, Sendable, Codable {
        /// Every module, of every image.
        case computed
        /// Some.
        case partial
        /// None.
        case reused
    }

    /// One step.
    public struct Step: Sendable, Equatable {
        /// How much is computed.
        public let kind: Kind
        /// Whether it goes through all ranks, so that activations are sent.
        public let travels: Bool
        /// Hidden states that a rank sends the next, for each image and branch.
        public var travellingStates: Int
        /// Evaluations of a block, shares of one by their products.
        public let blockEvaluations: Double
    }

    /// [S].
    public let steps: [Step]
    /// What a run of as many computed steps evaluates.
    public let blockEvaluationsWithoutReuse: Double

    /// Evaluations of a block in the whole run.
    public var blockEvaluations: Double { steps.reduce(0) { $0 + $1.blockEvaluations } }
    /// Steps that go through all ranks.
    public var travellingSteps: Int { steps.count { $0.travels } }
    /// Hidden states that a rank sends the next in the whole run, for each image and branch.
    public var travellingStates: Int { steps.reduce(0) { $0 + $1.travellingStates } }

    /// How many steps are computed in the given way.
    public func count(_ kind: Kind) -> Int { steps.count { $0.kind == kind } }
}

extension CachePlan {
    /// Whether a step goes through all ranks: computed ones do, and under a module plan every one.
    ///
    /// Under a dynamic rule this is what may go at most; the run's ``DynamicDecisions`` say what went.
    public func travels(at step: Int) -> Bool { modules != nil || mask.computed[step] }

    /// The steps that go through all ranks, ascending.
    public var travellingSteps: [Int] { (0..<steps).filter(travels(at:)) }

    /// How much of a step is computed.
    public func kind(of step: Int) -> PlanCost.Kind {
        guard let modules else { return mask.computed[step] ? .computed : .reused }
        let computed = modules.computedModules(at: step)
        return computed == 2 * modules.blocks ? .computed : computed == 0 ? .reused : .partial
    }

    /// What it costs with a model of L blocks.
    public func cost(blocks: Int, _ products: BlockProducts) -> PlanCost {
        PlanCost(
            steps: (0..<steps).map { step in
                PlanCost.Step(
                    kind: kind(of: step), travels: travels(at: step),
                    travellingStates: travellingStates(at: step),
                    blockEvaluations: multiplications(at: step, blocks: blocks, products)
                        / Double(products.whole))
            }, blockEvaluationsWithoutReuse: Double(steps * blocks))
    }

    /// What it cost in a run under a dynamic rule, on average over the images.
    public func cost(blocks: Int, decided decisions: DynamicDecisions) -> PlanCost {
        let images = decisions.computed.count
        let ofReused = Double(dynamic?.blocksOfReusedStep ?? 0)
        return PlanCost(
            steps: (0..<steps).map { step in
                let computing = decisions.images(computing: step)
                let share = Double(computing) / Double(max(1, images))
                return PlanCost.Step(
                    kind: computing == images ? .computed : computing == 0 ? .reused : .partial,
                    travels: computing > 0, travellingStates: computing > 0 ? 1 : 0,
                    blockEvaluations: share * Double(blocks) + (1 - share) * ofReused)
            }, blockEvaluationsWithoutReuse: Double(steps * blocks))
    }

    // Not whole numbers: those of a model of many blocks and tokens have no room for the sum.
    private func multiplications(at step: Int, blocks: Int, _ products: BlockProducts) -> Double {
        guard let modules else { return mask.computed[step] ? Double(blocks) * Double(products.whole) : 0 }
        let attention = modules.attention[step].count { $0 }
        // An offset holds the gates of when it was kept; a module's output needs the current ones.
        let modulated = modules.combination == .offset ? attention : blocks
        return Double(attention) * Double(products.attention)
            + Double(modules.mlp[step].count { $0 }) * Double(products.mlp)
            + Double(modulated) * Double(products.modulation)
    }
}
