import Foundation

/// A number of things in words.
func counted(_ number: Int, _ one: String, _ several: String? = nil) -> String {
    "\(number) \(number == 1 ? one : several ?? one + "s")"
}

/// A number with so many digits behind the point.
func decimal(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
