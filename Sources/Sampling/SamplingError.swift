import Transport

/// A run that cannot be set up as asked, or cannot go on.
public struct SamplingError: Error, CustomStringConvertible, ExitStatusProviding {
    /// What is to blame, which decides the exit status.
    public enum Cause: Sendable {
        /// The command line asks for what cannot be.
        case usage
        /// A model or plan that cannot be used.
        case input
        /// Ranks that do not agree.
        case ranks
    }
    /// What is to blame.
    public let cause: Cause
    /// What was found, what was expected, and what helps.
    public let description: String

    /// An error with the given cause and message.
    public init(_ cause: Cause, _ description: String) {
        self.cause = cause
        self.description = description
    }

    /// 64 wrong usage, 65 bad input, 69 ranks.
    public var exitStatus: Int32 {
        switch cause {
        case .usage: 64
        case .input: 65
        case .ranks: 69
        }
    }
}
