import Failures

/// A run that cannot be set up as asked, or cannot go on.
public struct SamplingError: Failure {
    /// What it is about: what cannot be asked for, a model or plan that cannot be used, ranks that do not agree.
    public let failureKind: FailureKind
    /// What was found, what was expected, and what helps.
    public let description: String

    /// An error of the given kind and message.
    public init(_ failureKind: FailureKind, _ description: String) {
        self.failureKind = failureKind
        self.description = description
    }
}
