/// Which steps of a run are computed and which are reused.
///
/// Step 0 is always computed. As JSON it is the bare array of ``computed``.
public struct ReuseMask: Sendable, Equatable {
    /// [S]: true = the blocks run, false = the step is reused.
    public let computed: [Bool]

    /// A mask of the given steps.
    /// - Throws: `PlanError` (malformed) if there is no step or step 0 is not computed.
    public init(computed: [Bool]) throws(PlanError) {
        guard computed.first == true else {
            throw PlanError(
                .malformed,
                computed.isEmpty
                    ? "mask: expected at least one step, found none"
                    : "mask[0]: expected true (computed), found false; the first step has nothing to reuse")
        }
        self.computed = computed
    }

    private init(all steps: Int) {
        precondition(steps > 0, "a mask of \(steps) steps")
        computed = Array(repeating: true, count: steps)
    }

    /// A mask that reuses nothing.
    public static func allComputed(steps: Int) -> ReuseMask { ReuseMask(all: steps) }

    /// How many steps there are, S.
    public var steps: Int { computed.count }

    /// The computed steps, ascending.
    public var computedSteps: [Int] { computed.indices.filter { computed[$0] } }

    /// How many steps are reused.
    public var reusedCount: Int { computed.count { !$0 } }

    /// The runs of adjacent reused steps, ascending.
    public var runs: [Range<Int>] {
        var runs: [Range<Int>] = []
        for step in computed.indices where !computed[step] {
            if let last = runs.last, last.upperBound == step {
                runs[runs.count - 1] = last.lowerBound..<(step + 1)
            } else {
                runs.append(step..<(step + 1))
            }
        }
        return runs
    }

    /// The nearest computed step before `step`; none before step 0.
    public func lastComputed(before step: Int) -> Int? {
        computed[..<step].lastIndex(of: true)
    }

    /// How many steps ago the residual used at `step` was computed: 0 at a computed step.
    public func age(of step: Int) -> Int {
        computed[step] ? 0 : step - (lastComputed(before: step) ?? 0)
    }

    /// Steps from the computed step before `computedStep` to it; none for step 0.
    public func spacing(of computedStep: Int) -> Int? {
        lastComputed(before: computedStep).map { computedStep - $0 }
    }
}

extension ReuseMask: Codable {
    /// Reads the bare array of booleans.
    public init(from decoder: any Decoder) throws {
        try self.init(computed: decoder.singleValueContainer().decode([Bool].self))
    }

    /// Writes the bare array of booleans.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(computed)
    }
}
