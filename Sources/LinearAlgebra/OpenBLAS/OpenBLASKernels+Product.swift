import COpenBLAS

extension OpenBLASKernels {
    /// C = A · B or A · Bᵀ, row-major, on the calling thread.
    package static func multiply(
        _ size: (rows: Int, columns: Int, inner: Int), _ a: UnsafePointer<Float>, _ aStride: Int,
        _ b: UnsafePointer<Float>, _ bStride: Int, transposed: Bool, into c: UnsafeMutablePointer<Float>,
        _ cStride: Int
    ) {
        multiply(size, a, aStride, b, bStride, transposed: transposed, adding: false, into: c, cStride)
    }

    /// The same, to what C holds if `adding`.
    package static func multiply(
        _ size: (rows: Int, columns: Int, inner: Int), _ a: UnsafePointer<Float>, _ aStride: Int,
        _ b: UnsafePointer<Float>, _ bStride: Int, transposed: Bool, adding: Bool,
        into c: UnsafeMutablePointer<Float>, _ cStride: Int
    ) {
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(size.rows),
            blasint(size.columns), blasint(size.inner), 1, a, blasint(aStride), b, blasint(bStride),
            adding ? 1 : 0, c, blasint(cStride))
    }
}
