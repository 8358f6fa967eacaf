/// A number with so many digits after the point, halves away from zero; as it is where that makes no sense.
package func fixedPoint(_ value: Double, digits: Int) -> String {
    let unit = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (value.magnitude * unit).rounded(.toNearestOrAwayFromZero)
    guard let whole = Int(exactly: scaled), whole < 1 << 53 else { return "\(value)" }
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let text = String(whole)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
}
