import LinearAlgebra

/// The normal distribution fitted to features of pictures, for the Fréchet distance of two sets.
///
/// Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule" (arXiv 1706.08500), equation 6, with
/// features of the model's own classifier in place of Inception's.
public struct FeatureStatistics: Sendable, Codable, Equatable {
    /// [F]: the mean feature.
    public let mean: [Double]
    /// [F, F], row-major: the sample covariance, sums divided by `count` − 1; 0 for one picture.
    public let covariance: [Double]
    /// Pictures that it was made of.
    public let count: Int

    /// Statistics of the given numbers, which fit one another.
    init(mean: [Double], covariance: [Double], count: Int) {
        self.mean = mean
        self.covariance = covariance
        self.count = count
    }

    /// Statistics of features, one row for each picture.
    ///
    /// - Precondition: There is a picture, and all have as many features.
    public init(of features: [[Float]]) {
        guard let width = features.first?.count, features.allSatisfy({ $0.count == width }) else {
            preconditionFailure("statistics of features of widths \(Set(features.map(\.count)))")
        }
        let mean = (0..<width).map { index in
            features.reduce(0) { $0 + Double($1[index]) } / Double(features.count)
        }
        var covariance = [Double](repeating: 0, count: width * width)
        for row in features {
            let centred = zip(row, mean).map { Double($0) - $1 }
            for (first, value) in centred.enumerated() {
                for second in 0...first { covariance[first * width + second] += value * centred[second] }
            }
        }
        let divisor = Double(max(1, features.count - 1))
        for first in 0..<width {
            for second in 0...first {
                covariance[first * width + second] /= divisor
                covariance[second * width + first] = covariance[first * width + second]
            }
        }
        self.init(mean: mean, covariance: covariance, count: features.count)
    }

    /// |μ₁ − μ₂|² + tr(A + B − 2 (A B)^½), A and B being the covariances.
    ///
    /// The trace of the root is the sum of the roots of the eigenvalues of A^½ B A^½, which is symmetric and
    /// has those of A B; values below 0, which only rounding makes, count as 0.
    /// - Returns: The distance; NaN if either holds NaN or infinity.
    /// - Precondition: Both are of as many features.
    public func frechetDistance(to other: FeatureStatistics) -> Double {
        let width = mean.count
        precondition(
            other.mean.count == width,
            "Fréchet distance of \(width) features to \(other.mean.count)")
        let shift = zip(mean, other.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let traces = (0..<width).reduce(0) {
            $0 + covariance[$1 * (width + 1)] + other.covariance[$1 * (width + 1)]
        }
        guard shift.isFinite, let roots = try? traceOfRoot(other) else { return .nan }
        return shift + traces - 2 * roots
    }

    /// In the basis of A's eigenvectors v and eigenvalues λ, A^½ B A^½ has the entries √(λⱼ λₖ) vⱼᵀ B vₖ.
    private func traceOfRoot(_ other: FeatureStatistics) throws(LinearAlgebraError) -> Double {
        let width = mean.count
        let system = try symmetricEigensystem(covariance, order: width)
        let roots = system.values.map { max(0, $0).squareRoot() }
        var product = [Double](repeating: 0, count: width * width)
        for column in 0..<width {
            let vector = system.vectors[column]
            let image = (0..<width).map { row in
                (0..<width).reduce(0) { $0 + other.covariance[row * width + $1] * vector[$1] }
            }
            for row in 0..<width {
                let form = zip(system.vectors[row], image).reduce(0) { $0 + $1.0 * $1.1 }
                product[row * width + column] = roots[row] * roots[column] * form
            }
        }
        let eigenvalues = try symmetricEigensystem(product, order: width).values
        return eigenvalues.reduce(0) { $0 + max(0, $1).squareRoot() }
    }
}
