import Failures

extension Communicator {
    /// Takes a decision on rank 0 and tells all; if it cannot be taken, all ranks throw the same error.
    ///
    /// Called by all ranks, as a collective is; `body` runs on rank 0 alone and must not wait for others.
    /// - Throws: `RanksFailed`, or `TransportError` if the ranks cannot be told.
    public func decide<T: Codable & Sendable>(_ body: () throws -> T) throws -> T {
        var decision: Decision<T>?
        if rank == 0 {
            do {
                decision = .taken(try body())
            } catch {
                decision = .failed("\(error)", error.failureKind)
            }
        }
        switch try broadcast(decision, from: 0) {
        case .taken(let value): return value
        case .failed(let message, let kind):
            throw RanksFailed(
                failures: (0..<size).map {
                    RankFailure(rank: $0, hostName: hostName, message: message, kind: kind)
                }, rankCount: size)
        case nil: throw TransportError("rank 0 sent no decision; do all ranks run the same omnicache?")
        }
    }
}

/// What rank 0 came to.
private enum Decision<T: Codable & Sendable>: Codable, Sendable {
    case taken(T)
    case failed(String, FailureKind)
}
