import Foundation

/// A number of things in words.
func counted(_ number: Int, _ one: String, _ several: String? = nil) -> String {
    "\(number) \(number == 1 ? one : several ?? one + "s")"
}

/// A number with so many digits behind the point.
func decimal(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

/// A time in words, as exact as an estimate is: 0.4 s, 55 s, 12 min, 3.5 h.
func duration(_ seconds: Double) -> String {
    if seconds < 9.95 { return "\(decimal(seconds, 1)) s" }
    if seconds < 100 { return "\(decimal(seconds, 0)) s" }
    return seconds < 6000 ? "\(decimal(seconds / 60, 0)) min" : "\(decimal(seconds / 3600, 1)) h"
}
