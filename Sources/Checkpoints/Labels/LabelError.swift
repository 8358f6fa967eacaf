/// A class that the command line names and the model does not have, or has more than once.
public struct LabelError: Error, CustomStringConvertible, Equatable {
    /// One sentence for the user, with the remedy.
    public let description: String

    /// The exit status of a command that fails for this: 64, wrong usage.
    public var status: Int32 { 64 }
}
