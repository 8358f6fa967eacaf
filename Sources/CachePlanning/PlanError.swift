import Failures

/// A plan that cannot be made, read or used.
public struct PlanError: Failure, Equatable {
    /// What went wrong.
    public enum Kind: Sendable, Equatable {
        /// More reused steps are asked for than the rules allow.
        case budget
        /// The rules contradict themselves.
        case rules
        /// A plan or a calibration record that breaks its format.
        case malformed
        /// A plan made for another run.
        case mismatch
        /// Calibration is missing or gave no usable numbers.
        case calibration
    }

    /// What went wrong.
    public let kind: Kind
    /// The thing, what was expected, what was found and the remedy.
    public let description: String

    /// Wrong usage, a plan that cannot be used, or a calibration that went wrong.
    public var failureKind: FailureKind {
        switch kind {
        case .budget, .rules: .usage
        case .malformed, .mismatch: .invalidInput
        case .calibration: .fault
        }
    }

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
