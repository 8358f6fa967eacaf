/// A picture that could not be encoded.
public struct ImageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was wrong with which part.
    public let description: String

    /// An error with the given message.
    public init(_ description: String) { self.description = description }
}
