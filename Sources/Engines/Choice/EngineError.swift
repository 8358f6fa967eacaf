/// An engine cannot be had, or a library refused.
public struct EngineError: Error, CustomStringConvertible, Equatable {
    /// What was wanted, what is there, and the remedy.
    public var description: String

    /// An error with the given text.
    public init(_ description: String) {
        self.description = description
    }
}
