import Failures

/// A message that could not be moved.
public struct TransportError: Failure {
    /// What failed, with which rank, and what may help.
    public let description: String

    /// MPI or a rank has failed.
    public var failureKind: FailureKind { .unavailable }

    /// An error with the given message.
    public init(_ description: String) { self.description = description }
}
