/// A plan that cannot be made, read or used.
public struct PlanError: Error, Equatable, CustomStringConvertible {
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

    /// The command line's exit status: 64 wrong usage, 65 bad input, 70 internal.
    public var exitStatus: Int32 {
        switch kind {
        case .budget, .rules: 64
        case .malformed, .mismatch: 65
        case .calibration: 70
        }
    }

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
