/// A product whose result is known without rounding: its factors are small multiples of 1/8, so that sums in f32 are
/// exact in any order.
struct SampleProduct {
    let rows: Int
    let columns: Int
    let inner: Int
    /// Whether the second factor lies in memory as B transposed.
    let isTransposed: Bool
    /// rows × inner.
    private let a: [Float]
    /// inner × columns, or columns × inner.
    private let b: [Float]
    private let expected: [Float]

    /// Products that are cut into several panels, and ones for which libraries have other code; edges of odd length.
    static let all = [true, false].flatMap { isTransposed in
        [(7, 9, 13), (71, 83, 397)].map { SampleProduct($0, isTransposed: isTransposed) }
    }

    init(_ size: (rows: Int, columns: Int, inner: Int), isTransposed: Bool) {
        (rows, columns, inner) = size
        self.isTransposed = isTransposed
        // Remainders of squares look like noise, and rows differ.
        let left = (0..<size.rows * size.inner).map { Float($0 * $0 % 17 - 8) / 8 }
        let right = (0..<size.inner * size.columns).map { Float($0 * $0 % 13 - 6) / 8 }
        var sums = [Float](repeating: 0, count: size.rows * size.columns)
        left.withUnsafeBufferPointer { a in
            right.withUnsafeBufferPointer { b in
                // The plain loop.
                for row in 0..<size.rows {
                    for column in 0..<size.columns {
                        var sum: Float = 0
                        for k in 0..<size.inner {
                            sum +=
                                a[row * size.inner + k]
                                * (isTransposed ? b[column * size.inner + k] : b[k * size.columns + column])
                        }
                        sums[row * size.columns + column] = sum
                    }
                }
            }
        }
        (a, b, expected) = (left, right, sums)
    }

    /// What multiplies, as ``OpenBLASKernels/multiply(_:_:_:_:_:transposed:into:_:)`` does.
    typealias Multiplier = (
        _ size: (rows: Int, columns: Int, inner: Int), _ a: UnsafePointer<Float>, _ aStride: Int,
        _ b: UnsafePointer<Float>, _ bStride: Int, _ transposed: Bool, _ c: UnsafeMutablePointer<Float>,
        _ cStride: Int
    ) -> Void

    /// Whether a multiplier comes to the product, every number of it.
    func isRight(_ multiply: Multiplier) -> Bool {
        // What a multiplier leaves out stays NaN, which equals nothing.
        var result = [Float](repeating: .nan, count: rows * columns)
        multiply(
            (rows, columns, inner), a, inner, b, isTransposed ? inner : columns, isTransposed, &result,
            columns)
        return result == expected
    }
}
