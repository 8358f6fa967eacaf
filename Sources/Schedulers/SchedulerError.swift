/// A schedule that cannot be made as asked.
public struct SchedulerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The setting, what was expected, what was found, and what may help.
    public let description: String

    /// An error with the given message.
    public init(_ description: String) { self.description = description }
}
