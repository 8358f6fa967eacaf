/// OpenBLAS cannot compute on this host, or a matrix has no answer.
public struct LinearAlgebraError: Error, CustomStringConvertible, Equatable {
    /// What was wanted, what is there, and the remedy.
    public let description: String

    init(_ description: String) { self.description = description }
}
