import Failures

extension FailureKind {
    /// The exit status of a program that ends for it (sysexits.h).
    var exitStatus: Int32 {
        switch self {
        case .finding: 1
        case .usage: 64
        case .invalidInput: 65
        case .missingInput: 66
        case .unavailable: 69
        case .fault: 70
        case .output: 73
        // As a shell says of SIGTERM.
        case .stopped: 143
        }
    }
}
