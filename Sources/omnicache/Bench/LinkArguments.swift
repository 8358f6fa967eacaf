import ArgumentParser
import Foundation
import Tables

/// `--ranks 1..64`: its ends and the doublings of the first between them; or `--ranks 1,2,4`.
struct RankCounts: ExpressibleByArgument, CustomStringConvertible {
    private let counts: [Int]

    init(_ counts: [Int]) { self.counts = counts }

    init?(argument: String) {
        let ends = argument.components(separatedBy: "..")
        if ends.count == 2 {
            guard let first = Int(ends[0]), let last = Int(ends[1]), first >= 1, first <= last,
                last <= 1 << 20
            else { return nil }
            counts = sequence(first: first) { 2 * $0 }.prefix { $0 < last } + [last]
            return
        }
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard parts.allSatisfy({ $0 >= 1 && $0 <= 1 << 20 }) else { return nil }
        counts = Array(Set(parts)).sorted()
    }

    var description: String { counts.map(String.init).joined(separator: ",") }
    var defaultValueDescription: String { description }

    /// The largest that was asked for.
    var largest: Int { counts.last ?? 1 }

    /// In rising order; those above a number of blocks as that number.
    func upTo(_ blocks: Int) -> [Int] { Array(Set(counts.map { min($0, blocks) })).sorted() }
}

/// `--link 10gbit`.
struct Bandwidth: ExpressibleByArgument, CustomStringConvertible {
    let bitsPerSecond: Double

    init(bitsPerSecond: Double) { self.bitsPerSecond = bitsPerSecond }

    init?(argument: String) {
        guard
            let value = quantity(argument, units: [("gbit", 1e9), ("mbit", 1e6), ("kbit", 1e3), ("bit", 1)])
        else { return nil }
        bitsPerSecond = value
    }

    var description: String { "\(fixedPoint(bitsPerSecond / 1e9, digits: 0))gbit" }
    var defaultValueDescription: String { description }
}

/// `--latency 20us`.
struct Latency: ExpressibleByArgument, CustomStringConvertible {
    let seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        guard let value = quantity(argument, units: [("us", 1e-6), ("ms", 1e-3), ("ns", 1e-9), ("s", 1)])
        else { return nil }
        seconds = value
    }

    var description: String { "\(fixedPoint(seconds * 1e6, digits: 0))us" }
    var defaultValueDescription: String { description }
}

/// A number above 0 and its unit, in upper or lower case.
private func quantity(_ text: String, units: [(name: String, factor: Double)]) -> Double? {
    let text = text.lowercased()
    guard let unit = units.first(where: { text.hasSuffix($0.name) }),
        let number = Double(text.dropLast(unit.name.count)), number > 0, number.isFinite
    else { return nil }
    return number * unit.factor
}
