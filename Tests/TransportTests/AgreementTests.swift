import Failures
import TestSupport
import Testing
import Transport

private struct BadFile: Failure {
    let description: String
    let failureKind: FailureKind
}

/// What an agreement threw.
private func failure(
    _ communicator: any Communicator, _ body: () throws -> Void
) throws -> RanksFailed {
    do {
        try communicator.agreeOnErrors(body)
    } catch let error as RanksFailed {
        return error
    }
    throw CheckFailure("nothing was thrown on rank \(communicator.rank)")
}

@Suite(.serialized) struct AgreementTests {
    @Test func resultsPassThrough() throws {
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let result = try communicator.agreeOnErrors { communicator.rank * 2 }
            try checkEqual(result, communicator.rank * 2, "result")
        }
    }

    @Test func oneRanksErrorIsThrownOnAll() throws {
        try forEachCluster(ranks: [2, 3, 4]) { communicator in
            let last = communicator.size - 1
            let error = try failure(communicator) {
                if communicator.rank == last {
                    throw BadFile(description: "no such folder: x", failureKind: .missingInput)
                }
            }
            try checkEqual(error.failures.map(\.rank), [last], "ranks")
            try checkEqual(error.failureKind, .missingInput, "kind")
            try checkEqual(error.rankCount, communicator.size, "rank count")
            let host = error.failures[0].hostName
            try checkEqual(error.description, "rank \(last) on \(host): no such folder: x", "message")
        }
    }

    @Test func theLowestRankGivesTheStatus() throws {
        try forEachCluster(ranks: [2, 3, 4]) { communicator in
            let error = try failure(communicator) {
                throw BadFile(
                    description: "file \(communicator.rank)",
                    failureKind: communicator.rank == 0 ? .invalidInput : .missingInput)
            }
            try checkEqual(error.failures.map(\.message), (0..<communicator.size).map { "file \($0)" }, "all")
            try checkEqual(error.failureKind, .invalidInput, "kind")
        }
    }

    @Test func anErrorOfAllRanksIsSaidOnce() throws {
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let error = try failure(communicator) {
                throw BadFile(description: "unknown label 'x'", failureKind: .usage)
            }
            try checkEqual(error.description, "unknown label 'x'", "message")
        }
    }

    @Test func anErrorWithoutAStatusIsInternal() throws {
        try forEachCluster(ranks: [1, 3]) { communicator in
            let error = try failure(communicator) { throw CheckFailure("odd") }
            try checkEqual(error.failureKind, .fault, "kind")
        }
    }

    @Test func anInnerAgreementsErrorIsKept() throws {
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let error = try failure(communicator) {
                try communicator.agreeOnErrors {
                    if communicator.rank == 0 {
                        throw BadFile(description: "full disk", failureKind: .output)
                    }
                }
            }
            try checkEqual(error.failures.map(\.message), ["full disk"], "messages")
            try checkEqual(error.failureKind, .output, "kind")
        }
    }
}
