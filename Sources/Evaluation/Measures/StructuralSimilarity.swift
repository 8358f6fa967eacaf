import Platform

/// Structural similarity of planes of one size (Wang 2004, equations 13 to 17).
struct StructuralSimilarity {
    private let width: Int
    private let height: Int
    private let horizontal: [Double]
    private let vertical: [Double]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        horizontal = Self.window(side: width)
        vertical = Self.window(side: height)
    }

    /// Weights of a window along one side: a Gaussian whose sum is 1.
    private static func window(side: Int) -> [Double] {
        let length = min(11, side)
        let weights = (0..<length).map { place in
            let distance = (Double(place) - Double(length - 1) / 2) / 1.5
            return exp(-distance * distance / 2)
        }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// The mean over all windows.
    /// - Parameters:
    ///   - a: [height, width] in 0 … 255.
    ///   - b: [height, width] in 0 … 255.
    func mean(_ a: [Double], _ b: [Double]) -> Double {
        let (c1, c2) = (0.01 * 255 * (0.01 * 255), 0.03 * 255 * (0.03 * 255))
        let (meanA, meanB) = (averaged(a), averaged(b))
        let squareA = averaged(zip(a, a).map(*))
        let squareB = averaged(zip(b, b).map(*))
        let product = averaged(zip(a, b).map(*))
        var sum = 0.0
        for place in meanA.indices {
            let (x, y) = (meanA[place], meanB[place])
            let variances = squareA[place] - x * x + squareB[place] - y * y
            let covariance = product[place] - x * y
            sum += (2 * x * y + c1) * (2 * covariance + c2) / ((x * x + y * y + c1) * (variances + c2))
        }
        return sum / Double(meanA.count)
    }

    /// The weighted mean in each window that lies within the plane, first along rows, then along columns.
    private func averaged(_ plane: [Double]) -> [Double] {
        let columns = width - horizontal.count + 1
        var narrowed = [Double](repeating: 0, count: height * columns)
        for row in 0..<height {
            for column in 0..<columns {
                var sum = 0.0
                for (offset, weight) in horizontal.enumerated() {
                    sum += weight * plane[row * width + column + offset]
                }
                narrowed[row * columns + column] = sum
            }
        }
        let rows = height - vertical.count + 1
        var result = [Double](repeating: 0, count: rows * columns)
        for row in 0..<rows {
            for (offset, weight) in vertical.enumerated() {
                for column in 0..<columns {
                    result[row * columns + column] += weight * narrowed[(row + offset) * columns + column]
                }
            }
        }
        return result
    }
}
