/// An error that knows what it is about.
public protocol Failure: Error, CustomStringConvertible {
    /// What it is about.
    var failureKind: FailureKind { get }
}

extension Error {
    /// What it is about; of errors that do not know, the program itself.
    public var failureKind: FailureKind { (self as? any Failure)?.failureKind ?? .fault }
}
