import Evaluation

/// Repeated measurements of one thing.
public struct Spread: Sendable, Codable, Equatable {
    /// The middle one, or the mean of the two in the middle.
    public let median: Double
    /// The smallest.
    public let least: Double
    /// The largest.
    public let most: Double

    /// - Precondition: there is a value, and all are finite.
    public init(_ values: [Double]) {
        precondition(!values.isEmpty, "Spread: no values")
        let sorted = values.sorted()
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        least = sorted[0]
        most = sorted[sorted.count - 1]
    }

    /// Half of the range, over the median; 0 for one value.
    public var relative: Double { median == 0 ? 0 : (most - least) / 2 / median.magnitude }
}

/// A number for a table: two digits behind the point.
func twoDigits(_ value: Double) -> String { fixedPoint(value, digits: 2) }
