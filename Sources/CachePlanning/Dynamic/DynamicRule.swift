import LinearAlgebra

/// The number that a dynamic policy decides by, and what its reused steps take.
public enum DynamicSignal: String, Sendable, Codable, CaseIterable {
    /// TeaCache: how much the first block's modulated input changed from the step before; the head sees it.
    ///
    /// A reused step takes the residual of all blocks.
    case modulatedInput
    /// FBCache: how much the first block's residual differs from that of the last computed step; the head sees it.
    ///
    /// A reused step computes the first block and takes the residual of the others.
    case firstBlock
    /// EasyCache: how much the output is expected to have changed, by the latent's change; the tail sees it.
    ///
    /// A reused step takes the last computed prediction.
    case outputChange

    /// Whether signals of reused steps add up until a step is computed.
    public var accumulates: Bool { self != .firstBlock }
}

/// When a step of an image is computed, where that is decided while sampling: rank 0 asks it once for each step.
public struct DynamicRule: Sendable, Equatable, Codable {
    /// The most coefficients that a polynomial may have.
    public static let mostCoefficients = 8

    /// What is decided by.
    public let signal: DynamicSignal
    /// Changes below it are let pass; at 0 every step is computed.
    public var threshold: Double
    /// Coefficients of the polynomial that a signal goes through, the highest power first; none: the signal itself.
    public var coefficients: [Double]
    /// So many first steps are computed; the last one always is.
    public let computedFirst: Int
    /// How many steps of an image calibration saw computed on average; none without.
    public var expectedComputedSteps: Double?

    /// A rule of the given values.
    public init(
        _ signal: DynamicSignal, threshold: Double, coefficients: [Double] = [], computedFirst: Int = 1
    ) {
        self.signal = signal
        self.threshold = threshold
        self.coefficients = coefficients
        self.computedFirst = computedFirst
    }

    /// Blocks that a reused step computes.
    public var blocksOfReusedStep: Int { signal == .firstBlock ? 1 : 0 }

    /// Evaluations of a block in a run of S steps with a model of L blocks, if so many steps are computed.
    public func blockEvaluations(computedSteps: Double, of steps: Int, blocks: Int) -> Double {
        computedSteps * Double(blocks) + (Double(steps) - computedSteps) * Double(blocksOfReusedStep)
    }

    /// The computed steps whose run costs as much as `budget` whole steps: fewer than those where reused steps cost
    /// something too.
    public func computedSteps(costing budget: Double, of steps: Int, blocks: Int) -> Double {
        let least = Double(blocksOfReusedStep)
        guard Double(blocks) > least else { return budget }
        let computed = (budget * Double(blocks) - Double(steps) * least) / (Double(blocks) - least)
        return max(Double(min(steps, computedFirst + 1)), computed)
    }

    /// The change that a signal speaks of: the polynomial's value, at least 0; NaN of what is no number.
    public func change(_ signal: Double) -> Double {
        let value = coefficients.isEmpty ? signal : Polynomial(coefficients).value(at: signal)
        return value < 0 ? 0 : value
    }
}

extension DynamicRule {
    /// - Throws: `PlanError` (malformed) naming the part, what was expected and what was found.
    func check(steps: Int) throws(PlanError) {
        func expect<T>(_ part: String, _ expected: String, _ found: T, _ sound: Bool) throws(PlanError) {
            guard sound else {
                throw PlanError(
                    .malformed, "plan: dynamic: \(part): expected \(expected), found \(found)")
            }
        }
        try expect("threshold", "0 … 1e9", threshold, (0...1e9).contains(threshold))
        try expect(
            "coefficients", "at most \(Self.mostCoefficients)", coefficients.count,
            coefficients.count <= Self.mostCoefficients)
        for coefficient in coefficients {
            try expect(
                "coefficients", "numbers of at most 1e15", coefficient, abs(coefficient) <= 1e15)
        }
        try expect("computedFirst", "1 … \(steps)", computedFirst, (1...steps).contains(computedFirst))
        if let expected = expectedComputedSteps {
            try expect(
                "expectedComputedSteps", "0 … \(steps)", expected, (0...Double(steps)).contains(expected))
        }
    }

    /// All content, in an order that does not change: what a plan's hash takes in.
    func forEachNumber(_ body: (UInt64) -> Void) {
        for (index, known) in DynamicSignal.allCases.enumerated() where known == signal {
            body(UInt64(index))
        }
        for number in [threshold, expectedComputedSteps ?? -1] + coefficients { body(number.bitPattern) }
        body(UInt64(computedFirst))
    }
}
