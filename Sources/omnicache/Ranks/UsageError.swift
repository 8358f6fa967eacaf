import Failures

/// Wrong usage that the parser cannot see.
struct UsageError: Failure {
    let description: String
    var failureKind: FailureKind { .usage }

    init(_ description: String) { self.description = description }
}
