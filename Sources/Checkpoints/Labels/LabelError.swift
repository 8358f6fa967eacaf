import Failures

/// A class that the command line names and the model does not have, or has more than once.
public struct LabelError: Failure, Equatable {
    /// One sentence for the user, with the remedy.
    public let description: String

    /// Wrong usage.
    public var failureKind: FailureKind { .usage }
}
