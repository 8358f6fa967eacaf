/// A model, or a file of one, that cannot be read: what it is, what was expected, what was found.
public struct CheckpointError: Error, CustomStringConvertible, Equatable {
    /// What kind of failure this is.
    public enum Kind: Sendable {
        /// There is no such file or folder.
        case missingFile
        /// The file is there, but not what it must be.
        case invalid
    }

    /// What kind of failure this is.
    public let kind: Kind
    /// One sentence for the user: the file, what was expected, what was found, the remedy.
    public let description: String

    /// The exit status of a command that fails for this: 66 no such input, 65 bad input file.
    public var status: Int32 { kind == .missingFile ? 66 : 65 }

    /// A failure of the given kind.
    ///
    /// Names come from files that may be hostile: control characters, which could steer a terminal, are
    /// replaced, and a very long text is cut.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        let scalars = description.unicodeScalars.prefix(2000).map { scalar in
            scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar
        }
        self.description = String(String.UnicodeScalarView(scalars))
    }

    /// A file that is there, but not what it must be.
    public static func invalid(_ file: String, _ problem: String) -> CheckpointError {
        CheckpointError(.invalid, "\(file): \(problem)")
    }
}
