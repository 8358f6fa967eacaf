import Failures

/// A picture that could not be encoded.
public struct ImageError: Failure, Equatable {
    /// What was wrong with which part.
    public let description: String

    /// An input that cannot be used: what is too large is refused before, so a label that no PNG can carry.
    public var failureKind: FailureKind { .invalidInput }

    /// An error with the given message.
    public init(_ description: String) { self.description = description }
}
