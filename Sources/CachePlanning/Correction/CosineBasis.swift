import Platform

/// The orthonormal DCT-II of one length, as a matrix: scipy's `dct(type=2, norm="ortho")`.
struct CosineBasis: Sendable {
    let length: Int
    /// [frequency, place].
    let forward: [Double]
    /// [place, frequency], the inverse.
    let backward: [Double]

    init(length n: Int) {
        var forward = Array(repeating: 0.0, count: n * n)
        var backward = forward
        for k in 0..<n {
            let scale = ((k == 0 ? 1 : 2) / Double(n)).squareRoot()
            for x in 0..<n {
                let value = scale * cos(Double.pi * Double((2 * x + 1) * k) / Double(2 * n))
                forward[k * n + x] = value
                backward[x * n + k] = value
            }
        }
        (length, self.forward, self.backward) = (n, forward, backward)
    }
}

/// [rows, inner] · [inner, columns] → [rows, columns].
func product(_ a: [Double], _ b: [Double], rows: Int, inner: Int, columns: Int) -> [Double] {
    var sum = Array(repeating: 0.0, count: rows * columns)
    for row in 0..<rows {
        for k in 0..<inner {
            let factor = a[row * inner + k]
            for column in 0..<columns { sum[row * columns + column] += factor * b[k * columns + column] }
        }
    }
    return sum
}
