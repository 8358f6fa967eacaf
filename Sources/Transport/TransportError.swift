/// A message that could not be moved.
public struct TransportError: Error, CustomStringConvertible {
    /// What failed, with which rank, and what may help.
    public let description: String

    /// An error with the given message.
    public init(_ description: String) { self.description = description }
}
