#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// What in the environment makes engines slower, a sentence each with the remedy; usually empty.
public func engineEnvironmentWarnings() -> [String] {
    guard let value = getenv("OPENBLAS_CORETYPE") else { return [] }
    let name = String(cString: value)
    return [
        "OPENBLAS_CORETYPE=\(name) overrides OpenBLAS's choice of kernels and can halve its speed; unset it."
    ]
}
