import Failures

/// A schedule that cannot be made as asked.
public struct SchedulerError: Failure, Equatable {
    /// The setting, what was expected, what was found, and what may help.
    public let description: String

    /// Wrong usage.
    public var failureKind: FailureKind { .usage }

    /// An error with the given message.
    public init(_ description: String) { self.description = description }
}
