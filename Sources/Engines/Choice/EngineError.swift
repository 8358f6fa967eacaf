import LinearAlgebra

/// An engine cannot be had, or a library refused.
public struct EngineError: Error, CustomStringConvertible, Equatable {
    /// What was wanted, what is there, and the remedy.
    public var description: String
    /// Whether this host is the cause, by what it lacks or how it computes: the same call may work elsewhere.
    public var isOfHost: Bool

    /// An error with the given text.
    public init(_ description: String, isOfHost: Bool = false) {
        self.description = description
        self.isOfHost = isOfHost
    }

    /// What OpenBLAS lacks on this host.
    init(_ cause: LinearAlgebraError) { self.init(cause.description, isOfHost: true) }
}
