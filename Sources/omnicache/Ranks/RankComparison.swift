import Foundation
import Transport

extension Communicator {
    /// Ends all ranks alike where one has another value than rank 0; called by all ranks.
    ///
    /// - Parameter message: says what differs, given the ranks and hosts that do alike, their value and rank 0's.
    /// - Throws: `RanksFailed` with one message, the same on all ranks.
    func requireEqual<Value: Codable & Sendable & Equatable>(
        _ own: Value, _ message: (_ place: String, _ other: Value, _ first: Value) -> String
    ) throws {
        let ranks = try allGather(Reported(hostName: hostName, value: own))
        let first = ranks[0].value
        guard let other = ranks.first(where: { $0.value != first })?.value else { return }
        let places = ranks.indices.filter { ranks[$0].value == other }.map {
            "rank \($0) on \(ranks[$0].hostName)"
        }
        let more = places.count > 1 ? " (and \(places.dropFirst().joined(separator: ", ")))" : ""
        try agreeOnErrors { throw UsageError(message(places[0] + more, other, first)) }
    }

    /// Ends all ranks alike where they are of different builds or were started with different options.
    ///
    /// Nothing else may come before it: ranks on different ways through the program would wait for each other
    /// for ever, or draw a wrong picture.
    /// - Parameter refusal: why this rank does not begin, where its own options are wrong.
    func requireSameStart(refusal: String? = nil) throws {
        try requireEqual("\(omnicacheVersion), build \(programBuild)") { place, other, first in
            "\(place) is omnicache \(other), but rank 0 is \(first): copy one program to all hosts"
        }
        try requireEqual(sharedArguments(CommandLine.arguments)) { place, other, first in
            "\(place) was started with '\(other.joined(separator: " "))', but rank 0 with "
                + "'\(first.joined(separator: " "))': start all ranks with the same options"
        }
        // What may differ may also be wrong on one rank alone.
        if try allGather(refusal).contains(nil) {
            try agreeOnErrors { if let refusal { throw UsageError(refusal) } }
        }
    }
}

/// What a rank said, and where it runs.
private struct Reported<Value: Codable & Sendable>: Codable, Sendable {
    var hostName: String
    var value: Value
}

/// The arguments that must be the same on all ranks: all but the program's own path, and the values of
/// `--model`, `--weights-cache` and `--threads`, since hosts keep their files in different places and have
/// different cores.
func sharedArguments(_ arguments: [String]) -> [String] {
    let own = ["--model", "--weights-cache", "--threads"]
    var shared: [String] = []
    var isValue = false
    for argument in arguments.dropFirst() {
        if isValue {
            isValue = false
        } else if let option = own.first(where: { argument.hasPrefix($0 + "=") }) {
            shared.append(option)
        } else {
            shared.append(argument)
            isValue = own.contains(argument)
        }
    }
    return shared
}
