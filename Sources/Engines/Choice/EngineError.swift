import Failures
import LinearAlgebra

/// An engine cannot be had, or a library refused.
public struct EngineError: Failure, Equatable {
    /// What was wanted, what is there, and the remedy.
    public var description: String
    /// Whether this host is the cause, by what it lacks or how it computes: the same call may work elsewhere.
    public var isOfHost: Bool

    /// An engine or precision that this build or CPU does not have, or what its host lacks.
    public var failureKind: FailureKind { isOfHost ? .unavailable : .usage }

    /// An error with the given text.
    public init(_ description: String, isOfHost: Bool = false) {
        self.description = description
        self.isOfHost = isOfHost
    }

    /// What OpenBLAS lacks on this host.
    init(_ cause: LinearAlgebraError) { self.init(cause.description, isOfHost: true) }
}
