import Foundation

/// A number of things in words.
func counted(_ number: Int, _ one: String, _ several: String? = nil) -> String {
    "\(number) \(number == 1 ? one : several ?? one + "s")"
}

/// A number with so many digits behind the point.
func decimal(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

/// A time in words, as exact as an estimate is: 0.4 s, 55 s, 2.2 min, 3.5 h.
func duration(_ seconds: Double) -> String {
    if seconds < 9.95 { return "\(decimal(seconds, 1)) s" }
    if seconds < 100 { return "\(decimal(seconds, 0)) s" }
    let minutes = seconds / 60
    return minutes < 100
        ? "\(decimal(minutes, minutes < 9.95 ? 1 : 0)) min" : "\(decimal(minutes / 60, 1)) h"
}
