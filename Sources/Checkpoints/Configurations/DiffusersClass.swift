import Files

/// A class of diffusers: its name and what its configuration's keys are when a file leaves them out.
public struct DiffusersClass: Sendable {
    /// Its name.
    public let name: String
    /// The values of keys that a file leaves out; the class has no others.
    public let defaults: [String: JSONValue]

    /// A class of the given keys.
    public init(name: String, defaults: [String: JSONValue]) {
        self.name = name
        self.defaults = defaults
    }
}

extension DiffusersClass {
}
