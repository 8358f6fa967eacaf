/// What an error is about, for whoever has to act on it.
public enum FailureKind: String, Codable, Sendable {
    /// What was asked for cannot be.
    case usage
    /// There is no such input.
    case missingInput
    /// An input is there, and cannot be used.
    case invalidInput
    /// An output cannot be written.
    case output
    /// A host, its MPI or another rank has failed, or lacks what the run needs.
    case unavailable
    /// The program itself is wrong.
    case fault
    /// The run was told to end.
    case stopped
    /// What was looked at would fail.
    case finding
}
