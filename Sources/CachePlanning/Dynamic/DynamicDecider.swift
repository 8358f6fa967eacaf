/// The decisions of one image under a dynamic rule, step by step.
public struct DynamicDecider: Sendable {
    private let rule: DynamicRule
    private let steps: Int
    /// Changes since the last computed step.
    private var change = 0.0

    /// A decider of a run of `steps` steps.
    public init(_ rule: DynamicRule, steps: Int) {
        self.rule = rule
        self.steps = steps
    }

    /// Whether a step is computed; asked once for each step, in order.
    /// - Parameter signal: the step's; none, or one that is no number, where there is nothing to compare with: the step
    ///   is computed.
    public mutating func computes(step: Int, signal: Double?) -> Bool {
        let isFree = step >= rule.computedFirst && step < steps - 1
        let own = isFree ? signal.map(rule.change) ?? .nan : .nan
        let next = rule.signal.accumulates ? change + own : own
        // False for what is no number.
        if next < rule.threshold {
            change = next
            return false
        }
        change = 0
        return true
    }
}
