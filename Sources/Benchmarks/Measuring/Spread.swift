import Tables

/// Repeated measurements of one thing.
public struct Spread: Sendable, Codable, Equatable {
    /// The middle one, or the mean of the two in the middle.
    public let median: Double
    /// A quarter of them are below.
    public let lowerQuartile: Double
    /// A quarter of them are above.
    public let upperQuartile: Double

    /// - Precondition: there is a value, and all are finite.
    public init(_ values: [Double]) {
        precondition(!values.isEmpty, "Spread: no values")
        let sorted = values.sorted()
        func quantile(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let (low, rest) = (Int(place), place - place.rounded(.down))
            return rest == 0 ? sorted[low] : sorted[low] + rest * (sorted[low + 1] - sorted[low])
        }
        median = quantile(0.5)
        lowerQuartile = quantile(0.25)
        upperQuartile = quantile(0.75)
    }

    /// Half of the distance between the quartiles, over the median; 0 for one value.
    public var relative: Double {
        median == 0 ? 0 : (upperQuartile - lowerQuartile) / 2 / median.magnitude
    }
}

/// A number for a table: two digits behind the point.
func twoDigits(_ value: Double) -> String { fixedPoint(value, digits: 2) }
