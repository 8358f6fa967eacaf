import TestSupport
import Testing
import Transport

@Suite(.serialized) struct CommunicatorTests {
    @Test func keepsItsPromises() throws {
        try forEachCluster(ranks: [1, 2, 3, 4]) { try checkCommunicator($0) }
    }

    @Test func aSingleRankKeepsThemWithoutACluster() throws {
        try checkCommunicator(SingleRank())
    }

    /// Else the others would go on with tests that it is not part of.
    @Test(.enabled(if: isUnderLauncher))
    func issueOfOneProcessIsRecordedByAll() {
        withKnownIssue {
            try forEachCluster(ranks: [1, 2, 3, 4]) { #expect($0.rank != $0.size - 1) }
        }
    }

    @Test func namesItsHost() throws {
        try forEachCluster(ranks: [1, 2, 3]) { try check(!$0.hostName.isEmpty, "no host name") }
    }

    @Test func valuesTravelExactly() throws {
        struct Value: Codable, Equatable {
            var name: String
            var numbers: [Double]
            var singles: [Float]
        }
        let value = Value(
            name: "a \"ß\" \n", numbers: [0.1, -1e-308, .pi, .infinity],
            singles: [0.1, .leastNonzeroMagnitude, 3e38])
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let root = communicator.size - 1
            let own = communicator.rank == root ? value : Value(name: "", numbers: [], singles: [])
            try checkEqual(try communicator.broadcast(own, from: root), value, "broadcast")
        }
    }

    @Test func valuesOfAllRanksAreGatheredInOrder() throws {
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            let (rank, size) = (communicator.rank, communicator.size)
            let ranks = (0..<size).map { "rank \($0)" }
            try checkEqual(
                try communicator.gather("rank \(rank)", to: 0), rank == 0 ? ranks : [], "gather")
            try checkEqual(try communicator.allGather("rank \(rank)"), ranks, "allGather")
        }
    }

    @Test func aValueThatCannotBeWrittenFailsOnAllRanks() throws {
        struct Refusing: Codable {
            init() {}
            init(from decoder: any Decoder) throws {}
            func encode(to encoder: any Encoder) throws { throw CheckFailure("refused") }
        }
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            do {
                _ = try communicator.broadcast(Refusing(), from: 0)
                throw CheckFailure("nothing was thrown")
            } catch let error as TransportError {
                try check(error.description.contains("rank 0 could not write"), error.description)
            }
        }
    }
}
