#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// What in the environment makes engines slower, a sentence each with the remedy; usually empty.
public func engineEnvironmentWarnings() -> [String] {
    engineEnvironmentWarnings { name in getenv(name).map { String(cString: $0) } }
}

/// As above, for an environment that tests make up.
package func engineEnvironmentWarnings(variable: (String) -> String?) -> [String] {
    guard let kernels = variable("OPENBLAS_CORETYPE") else { return [] }
    return [
        "OPENBLAS_CORETYPE=\(kernels) overrides OpenBLAS's choice of kernels and can halve its speed; unset it."
    ]
}
