extension Estimate {
    /// The mean of numbers and its standard error, their sample standard deviation / √n.
    ///
    /// - Precondition: There is a number.
    public init(of values: [Double]) {
        precondition(!values.isEmpty, "an estimate of no numbers")
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.init(
            mean: mean, standardError: values.count > 1 ? (squares / (count - 1) / count).squareRoot() : 0)
    }

    /// The mean of aₖ − bₖ and its standard error.
    ///
    /// Where k is an image, what makes an image hard for both falls out, so that smaller differences show
    /// than between two means with standard errors of their own.
    /// - Precondition: Both have as many numbers, at least one.
    public init(pairedDifference a: [Double], _ b: [Double]) {
        precondition(a.count == b.count, "paired difference of \(a.count) and \(b.count) numbers")
        self.init(of: zip(a, b).map(-))
    }
}

extension Tail {
    /// The tail of some numbers.
    ///
    /// - Precondition: There is a number.
    public init(of values: [Double]) {
        precondition(!values.isEmpty, "a tail of no numbers")
        let sorted = values.sorted()
        let place = 0.05 * Double(sorted.count - 1)
        let lower = Int(place)
        let share = place - Double(lower)
        // Each by its own weight: a difference of what is infinite is no number, and neither is 0 times it.
        let between =
            share > 0 ? (1 - share) * sorted[lower] + share * sorted[lower + 1] : sorted[lower]
        self.init(worst: sorted[0], fifthPercentile: between)
    }
}
