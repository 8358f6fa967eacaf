import Failures

/// A file, or a folder of them, that cannot be read: what it is, what was expected, what was found.
public struct ReadError: Failure, Equatable {
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

    /// The error that it stands for, where something else than the file is the cause.
    public let cause: (any Error)?

    /// An input that is not there, or cannot be used; or what its cause is about.
    public var failureKind: FailureKind {
        cause?.failureKind ?? (kind == .missingFile ? .missingInput : .invalidInput)
    }

    /// Whether two say the same.
    public static func == (a: ReadError, b: ReadError) -> Bool {
        a.kind == b.kind && a.description == b.description
    }

    /// A failure of the given kind.
    ///
    /// Names come from files that may be hostile: control characters, which could steer a terminal, are
    /// replaced, and a very long text is cut.
    public init(_ kind: Kind, _ description: String, cause: (any Error)? = nil) {
        self.kind = kind
        self.cause = cause
        let scalars = description.unicodeScalars.prefix(2000).map { scalar in
            scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar
        }
        self.description = String(String.UnicodeScalarView(scalars))
    }

    /// `.invalid`, naming the file and what is wrong with it.
    public static func invalid(_ file: String, _ problem: String) -> ReadError {
        ReadError(.invalid, "\(file): \(problem)")
    }
}
