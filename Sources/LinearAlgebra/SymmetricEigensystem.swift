import COpenBLAS

/// Eigenvalues and eigenvectors of a symmetric matrix, by LAPACK's `dsyev`.
/// - Parameters:
///   - matrix: `order` × `order` numbers, row by row; only one triangle is read.
///   - order: rows of the matrix.
/// - Returns: Eigenvalues in rising order; `vectors[k]`, of length 1, belongs to `values[k]`, and its component
///   of largest magnitude (the first of equals) is positive.
/// - Throws: ``LinearAlgebraError`` if the iteration does not converge, as with NaN in the matrix, or OpenBLAS gets no memory.
public func symmetricEigensystem(
    _ matrix: [Double], order: Int
) throws(LinearAlgebraError) -> (values: [Double], vectors: [[Double]]) {
    precondition(
        matrix.count == order * order, "symmetricEigensystem: \(matrix.count) numbers for order \(order)")
    guard order > 0 else { return ([], []) }
    guard matrix.allSatisfy(\.isFinite) else {
        throw LinearAlgebraError("eigenvalues of a \(order) × \(order) matrix: it holds NaN or infinity")
    }
    // On one thread, so that the last bits are the same on any number of cores; parallel work is the pool's.
    openblas_set_num_threads(1)
    try OpenBLASBuffers.reserve(1)
    _ = OpenBLASKernels.chosen
    var vectors = matrix
    var values = [Double](repeating: 0, count: order)
    var (size, info) = (Int32(order), Int32(0))
    var workCount = Int32(max(1, 34 * order))
    var work = [Double](repeating: 0, count: Int(workCount))
    var (job, triangle) = (CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")))
    dsyev_(&job, &triangle, &size, &vectors, &size, &values, &work, &workCount, &info)
    guard info == 0 else {
        throw LinearAlgebraError("eigenvalues of a \(order) × \(order) matrix: dsyev returned \(info)")
    }
    // LAPACK's columns are our rows.
    return (values, (0..<order).map { signed(Array(vectors[$0 * order..<($0 + 1) * order])) })
}

private func signed(_ vector: [Double]) -> [Double] {
    var largest = 0.0
    for component in vector where abs(component) > abs(largest) { largest = component }
    return largest < 0 ? vector.map { -$0 } : vector
}
