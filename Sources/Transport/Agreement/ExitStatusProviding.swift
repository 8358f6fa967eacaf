/// An error that knows which exit status the process should end with.
public protocol ExitStatusProviding {
    /// The status, 1 ... 255; of sysexits where one fits.
    var exitStatus: Int32 { get }
}

/// The exit status for an error: its own, or 70 (internal error).
public func exitStatus(of error: any Error) -> Int32 {
    (error as? any ExitStatusProviding)?.exitStatus ?? 70
}
