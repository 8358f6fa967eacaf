import LinearAlgebra

/// What is to be said of the engines on this host, a sentence each; usually none.
///
/// A library's kernels that do not suit the CPU, or multiply wrong on it, and what is used in their place.
public func engineWarnings() -> [String] {
    switch OpenBLASKernels.chosen {
    case .success(let kernels): kernels.note.map { [$0] } ?? []
    case .failure(let error): [error.description]
    }
}
