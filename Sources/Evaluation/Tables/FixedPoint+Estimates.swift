import Tables

/// A mean and its standard error.
func fixedPoint(_ estimate: Estimate, digits: Int, scale: Double = 1) -> String {
    let mean = fixedPoint(estimate.mean * scale, digits: digits)
    return "\(mean) ± \(fixedPoint(estimate.standardError * scale, digits: digits))"
}

/// The worst and the 5th percentile.
func fixedPoint(_ tail: Tail, digits: Int) -> String {
    "\(fixedPoint(tail.worst, digits: digits)), \(fixedPoint(tail.fifthPercentile, digits: digits))"
}
