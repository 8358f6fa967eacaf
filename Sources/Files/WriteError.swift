import Failures
import Platform

/// A file that cannot be written: which, why, and what to do.
public struct WriteError: Failure, Equatable {
    /// One sentence for the user: the path, the cause, the remedy.
    public let description: String

    /// An output that cannot be written.
    public var failureKind: FailureKind { .output }

    init(description: String) { self.description = description }

    init(_ path: String, _ code: Int32) {
        let cause =
            switch code {
            case ENOSPC: "the disk is full; free some space or choose another place"
            case EDQUOT: "the disk quota is used up; free some space or choose another place"
            case ENOENT: "there is no such folder; create it first"
            case ENOTDIR: "a part of the path is a file, not a folder; choose another place"
            case EACCES, EPERM: "permission denied; choose another place"
            case EROFS: "the file system is read-only; choose another place"
            case EISDIR: "it is a folder; name a file in it"
            case ENAMETOOLONG:
                "a name in it is longer than the \(NAME_MAX) bytes that a file system takes, or the whole than "
                    + "\(PATH_MAX); choose a shorter one"
            case ENXIO: "it is a socket, or nothing is behind it; choose another place"
            default: "\(errorText(code)); choose another place"
            }
        description = "\(path): cannot be written: \(cause)"
    }
}
