import Tables

/// A number of things in words.
func counted(_ number: Int, _ one: String, _ several: String? = nil) -> String {
    "\(number) \(number == 1 ? one : several ?? one + "s")"
}

/// A number with zeros in front, so that it has at least so many digits.
func zeroPadded(_ number: Int, digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}

/// A time in words, as exact as an estimate is: 0.4 s, 55 s, 2.2 min, 3.5 h.
func duration(_ seconds: Double) -> String {
    if seconds < 9.95 { return "\(fixedPoint(seconds, digits: 1)) s" }
    if seconds < 100 { return "\(fixedPoint(seconds, digits: 0)) s" }
    let minutes = seconds / 60
    return minutes < 100
        ? "\(fixedPoint(minutes, digits: minutes < 9.95 ? 1 : 0)) min"
        : "\(fixedPoint(minutes / 60, digits: 1)) h"
}
