#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Calls `body` again while a signal interrupts it.
func retrying<Result: SignedInteger>(_ body: () -> Result) -> Result {
    while true {
        let result = body()
        if result != -1 || errno != EINTR { return result }
    }
}

/// Opens a file; it does not outlive an `exec`, and is made with what the user's mask leaves of the mode.
func openFile(_ path: String, _ flags: Int32, mode: mode_t = 0o666) -> Int32 {
    retrying { open(path, flags | O_CLOEXEC, mode) }
}

/// What the system says of `code`, in words.
// Safe: strerror's text is copied at once, and GNU's and musl's are constants for known codes.
func errorText(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
}

func fileMode(_ status: stat) -> mode_t { status.st_mode & S_IFMT }
