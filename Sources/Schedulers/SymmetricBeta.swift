import Platform

/// The beta distribution whose two exponents are equal.
struct SymmetricBeta {
    let exponent: Double
    /// log B(a, a).
    private let logarithm: Double

    init(exponent: Double) {
        self.exponent = exponent
        logarithm = 2 * lgamma(exponent) - lgamma(2 * exponent)
    }

    /// The point below which the given share lies, in 0 … 1.
    func quantile(_ share: Double) -> Double {
        if share <= 0 { return 0 }
        if share >= 1 { return 1 }
        // The lower half suffices, and there x is small where it has to be exact.
        if share > 0.5 { return 1 - quantile(1 - share) }
        var (low, high) = (0.0, 0.5)
        // What the first term of the series alone would give.
        var x = min(0.5, exp((log(share * exponent) + logarithm) / exponent))
        for _ in 0..<100 {
            let excess = portion(below: x) - share
            if excess > 0 { high = x } else { low = x }
            let density = exp((exponent - 1) * (log(x) + log1p(-x)) - logarithm)
            var next = x - excess / density
            if !(next > low && next < high) { next = (low + high) / 2 }
            if abs(next - x) <= 1e-15 * x { return next }
            x = next
        }
        return x
    }

    /// The share below x in 0 ..< 1, at most ½ (Abramowitz and Stegun, 26.5.4: a series of positive terms).
    private func portion(below x: Double) -> Double {
        var (term, sum) = (1.0, 1.0)
        var index = 0.0
        while term > 1e-17 * sum {
            term *= x * (2 * exponent + index) / (exponent + 1 + index)
            sum += term
            index += 1
        }
        return exp(exponent * (log(x) + log1p(-x)) - logarithm) / exponent * sum
    }
}
