/// How the matrix products of a transformer block are spread over its parts, counted in multiplications.
public struct BlockProducts: Sendable, Equatable {
    /// Projections and attention itself, of one image.
    public let attention: Int
    /// The feed-forward layers.
    public let mlp: Int
    /// What there is besides, whether or not the modules are computed: shifts, scales and gates.
    public let modulation: Int

    /// Of a block of the given parts.
    public init(attention: Int, mlp: Int, modulation: Int) {
        self.attention = attention
        self.mlp = mlp
        self.modulation = modulation
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

    /// What it costs with a model of the given blocks, [L]; an evaluation is that of a mean block.
    public func cost(_ blocks: [BlockProducts]) -> PlanCost {
        let mean = blocks.reduce(0) { $0 + Double($1.whole) } / Double(blocks.count)
        return PlanCost(
            steps: (0..<steps).map { step in
                PlanCost.Step(
                    kind: kind(of: step), travels: travels(at: step),
                    travellingStates: travellingStates(at: step),
                    blockEvaluations: multiplications(at: step, blocks) / mean)
            }, blockEvaluationsWithoutReuse: Double(steps * blocks.count))
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
    private func multiplications(at step: Int, _ blocks: [BlockProducts]) -> Double {
        guard let modules else {
            return mask.computed[step] ? blocks.reduce(0) { $0 + Double($1.whole) } : 0
        }
        return blocks.enumerated().reduce(0) { sum, block in
            let (attends, widens) = (modules.attention[step][block.offset], modules.mlp[step][block.offset])
            // An offset holds the gates of when it was kept; a module's output needs the current ones.
            let isModulated = modules.combination != .offset || attends
            let products = block.element
            return sum + (attends ? Double(products.attention) : 0) + (widens ? Double(products.mlp) : 0)
                + (isModulated ? Double(products.modulation) : 0)
        }
    }
}
