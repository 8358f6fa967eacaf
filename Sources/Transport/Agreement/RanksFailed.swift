import Failures

/// Why one rank cannot go on.
public struct RankFailure: Codable, Sendable, Equatable {
    /// The rank.
    public let rank: Int
    /// The host it runs on.
    public let hostName: String
    /// What it threw, in words.
    public let message: String
    /// What that is about.
    public let kind: FailureKind
}

/// Some ranks cannot go on, and all of them know it.
public struct RanksFailed: Failure, Equatable {
    /// What failed, by rank, at least one.
    public let failures: [RankFailure]
    /// The number of ranks of the run.
    public let rankCount: Int

    /// What the lowest rank that failed came to.
    public var failureKind: FailureKind { failures.first?.kind ?? .fault }

    /// One line for each distinct message, with the ranks and hosts that it came from.
    ///
    /// A message that comes from every rank stands alone.
    public var description: String {
        var messages: [String] = []
        for failure in failures where !messages.contains(failure.message) {
            messages.append(failure.message)
        }
        return messages.map { message in
            let sources = failures.filter { $0.message == message }
            guard sources.count < rankCount else { return message }
            let names = sources.map { "rank \($0.rank) on \($0.hostName)" }
            return names.joined(separator: ", ") + ": " + message
        }.joined(separator: "\n")
    }
}
