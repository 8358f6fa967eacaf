import Testing

/// How far `found` is from `expected`: ‖found − expected‖ / ‖expected‖, or the plain norm if that is 0.
public func relativeDifference(_ found: [Float], _ expected: [Float]) -> Double {
    precondition(found.count == expected.count, "\(found.count) numbers against \(expected.count)")
    var difference = 0.0
    var norm = 0.0
    for (a, b) in zip(found, expected) {
        difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
        norm += Double(b) * Double(b)
    }
    return (difference / (norm == 0 ? 1 : norm)).squareRoot()
}

/// Expects two arrays to agree, and names the worst element when they do not.
public func expectClose(
    _ found: [Float], _ expected: [Float], relative: Double = 1e-5, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard found.count == expected.count else {
        Issue.record(
            "\(what): \(found.count) numbers, expected \(expected.count)", sourceLocation: sourceLocation)
        return
    }
    let difference = relativeDifference(found, expected)
    guard !(difference <= relative) else { return }
    let worst = zip(found, expected).map { abs($0 - $1) }.enumerated().max { $0.element < $1.element }
    let at = worst?.offset ?? 0
    Issue.record(
        "\(what): relative difference \(difference) > \(relative); at \(at): \(found[at]), expected \(expected[at])",
        sourceLocation: sourceLocation)
}
