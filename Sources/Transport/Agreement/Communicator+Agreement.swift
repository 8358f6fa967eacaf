import Failures

extension Communicator {
    /// Runs `body` on every rank; if it throws on any, throws the same error on all.
    ///
    /// So all ranks leave together, rank 0 prints one message, and none hangs in a collective that another
    /// will never reach. Called by all ranks, as a collective is. `body` must not wait for other ranks,
    /// except in calls that all of them are sure to reach.
    /// - Throws: `RanksFailed`, or `TransportError` if the ranks cannot be asked.
    public func agreeOnErrors<R>(_ body: () throws -> R) throws -> R {
        let outcome = Result { try body() }
        // Ranks that do not answer cannot be asked either.
        if case .failure(let error as TransportError) = outcome { throw error }
        var own: [RankFailure] = []
        if case .failure(let error) = outcome {
            // An agreement inside `body` has failed everywhere: what it names is kept.
            own =
                (error as? RanksFailed)?.failures ?? [
                    RankFailure(
                        rank: rank, hostName: hostName, message: "\(error)", kind: error.failureKind)
                ]
        }
        var failures: [RankFailure] = []
        for failure in try allGather(own).joined() where !failures.contains(failure) {
            failures.append(failure)
        }
        guard failures.isEmpty else {
            throw RanksFailed(failures: failures.sorted { $0.rank < $1.rank }, rankCount: size)
        }
        return try outcome.get()
    }
}
