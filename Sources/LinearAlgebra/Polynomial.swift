/// A polynomial of one variable.
public struct Polynomial: Sendable, Equatable {
    /// The highest power first.
    public let coefficients: [Double]

    /// A polynomial of the given coefficients, the highest power first.
    public init(_ coefficients: [Double]) { self.coefficients = coefficients }

    /// Its value, by Horner's rule.
    public func value(at x: Double) -> Double { coefficients.reduce(0) { $0 * x + $1 } }

    /// The polynomial of least squared error through points (x, y).
    ///
    /// Powers are made orthogonal over the points one after the other (Gram and Schmidt, twice), which bears what the
    /// normal equations do not.
    /// - Returns: nothing if the points have too few different x for the degree.
    public init?(fitting points: [(x: Double, y: Double)], degree: Int) {
        let isFinite = points.allSatisfy { $0.x.isFinite && $0.y.isFinite }
        guard isFinite, Set(points.map(\.x)).count > degree else { return nil }
        let low = points.map(\.x).min() ?? 0
        let high = points.map(\.x).max() ?? 0
        let (middle, half) = ((low + high) / 2, (high - low) / 2)
        guard half > 0 || degree == 0 else { return nil }
        let places = points.map { half > 0 ? ($0.x - middle) / half : 0 }
        // Each basis polynomial by its values at the points and by its coefficients in z, the lowest first.
        var basis: [(values: [Double], powers: [Double])] = []
        var fit = Array(repeating: 0.0, count: degree + 1)
        for power in 0...degree {
            var values = places.map { z in (0..<power).reduce(1.0) { product, _ in product * z } }
            var powers = Array(repeating: 0.0, count: degree + 1)
            powers[power] = 1
            for _ in 0..<2 {
                for earlier in basis {
                    let share = Self.dot(values, earlier.values)
                    for index in values.indices { values[index] -= share * earlier.values[index] }
                    for index in powers.indices { powers[index] -= share * earlier.powers[index] }
                }
            }
            let length = Self.dot(values, values).squareRoot()
            guard length > 1e-12 else { return nil }
            basis.append((values.map { $0 / length }, powers.map { $0 / length }))
            let share = Self.dot(basis[power].values, points.map(\.y))
            for index in fit.indices { fit[index] += share * basis[power].powers[index] }
        }
        // From z = (x − middle) / half back to x, by Horner's rule on polynomials.
        let (slope, offset) = half > 0 ? (1 / half, -middle / half) : (0, 0)
        var inX = Array(repeating: 0.0, count: degree + 1)
        for coefficient in fit.reversed() {
            var next = inX.map { $0 * offset }
            for index in 1..<max(1, inX.count) { next[index] += inX[index - 1] * slope }
            next[0] += coefficient
            inX = next
        }
        guard inX.allSatisfy(\.isFinite) else { return nil }
        coefficients = inX.reversed()
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
