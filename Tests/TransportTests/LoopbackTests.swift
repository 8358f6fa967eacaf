import Tensors
import TestSupport
import Testing
import Transport

@Suite(.serialized) struct LoopbackTests {
    @Test(arguments: [1, 2, 5]) func resultsComeInRankOrder(ranks: Int) throws {
        #expect(try LoopbackCluster(ranks: ranks).run { $0.rank } == Array(0..<ranks))
    }

    @Test(arguments: [LoopbackCluster.SendMode.buffered, .synchronous])
    func aWrongLengthNamesBothSizesAndRanks(mode: LoopbackCluster.SendMode) throws {
        let error = #expect(throws: TransportError.self) {
            try LoopbackCluster(ranks: 2, sendMode: mode).run { communicator in
                if communicator.rank == 0 {
                    try communicator.send(AlignedBytes(byteCount: 12), to: 1, tag: 5).wait()
                } else {
                    try communicator.receive(into: AlignedBytes(byteCount: 8), from: 0, tag: 5).wait()
                }
            }
        }
        let text = error?.description ?? ""
        for part in ["rank 1 expected 8 bytes", "tag 5", "rank 0 sent 12"] { #expect(text.contains(part)) }
    }

    @Test func theFirstErrorEndsAllRanksAndIsThrown() throws {
        let error = #expect(throws: CheckFailure.self) {
            try LoopbackCluster(ranks: 4).run { communicator in
                if communicator.rank == 2 { throw CheckFailure("no memory") }
                try communicator.receive(into: AlignedBytes(byteCount: 1), from: 2, tag: 0).wait()
            }
        }
        #expect(error?.description == "no memory")
    }

    @Test func theOtherRanksLearnWhoFailed() throws {
        #expect(throws: CheckFailure.self) {
            try LoopbackCluster(ranks: 3).run { communicator in
                if communicator.rank == 2 { throw CheckFailure("no memory") }
                do {
                    try communicator.barrier()
                } catch {
                    #expect("\(error)" == "rank 2 failed: no memory")
                    throw error
                }
            }
        }
    }

    @Test func aDeadlockIsAnErrorThatNamesTheWaits() throws {
        let error = #expect(throws: TransportError.self) {
            try LoopbackCluster(ranks: 3, sendMode: .synchronous).run { communicator in
                let next = (communicator.rank + 1) % 3
                try communicator.send(AlignedBytes(byteCount: 4), to: next, tag: 6).wait()
            }
        }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("deadlock"))
        for part in ["rank 0 for rank 1 to receive tag 6", "rank 2 for rank 0 to receive tag 6"] {
            #expect(text.contains(part))
        }
    }

    @Test func waitingForARankThatHasLeftIsADeadlock() throws {
        #expect(throws: TransportError.self) {
            try LoopbackCluster(ranks: 2).run { communicator in
                if communicator.rank == 0 { return }
                try communicator.receive(into: AlignedBytes(byteCount: 4), from: 0, tag: 0).wait()
            }
        }
    }

    @Test func aSynchronousSendWaitsForItsReceive() throws {
        _ = try LoopbackCluster(ranks: 2, sendMode: .synchronous).run { communicator in
            let bytes = AlignedBytes([1, 2, 3])
            if communicator.rank == 0 {
                let sending = try communicator.send(bytes, to: 1, tag: 0)
                // Rank 1 posts its receive only after this broadcast.
                try check(try !sending.isComplete(), "complete without a receive")
                _ = try communicator.broadcast([], from: 0)
                try sending.wait()
            } else {
                _ = try communicator.broadcast([], from: 0)
                try communicator.receive(into: bytes, from: 0, tag: 0).wait()
            }
        }
    }

    @Test func aBufferWrittenTooEarlySpoilsASynchronousSend() throws {
        let arrived = try LoopbackCluster(ranks: 2, sendMode: .synchronous).run { communicator in
            let bytes = AlignedBytes([1, 2, 3])
            if communicator.rank == 0 {
                let sending = try communicator.send(bytes, to: 1, tag: 0)
                bytes.assign([9, 9, 9])
                _ = try communicator.broadcast([], from: 0)
                try sending.wait()
            } else {
                _ = try communicator.broadcast([], from: 0)
                try communicator.receive(into: bytes, from: 0, tag: 0).wait()
            }
            return bytes.bytes
        }
        #expect(arrived[1] == [9, 9, 9])
    }

    @Test func aTransferLeftOpenIsAnError() throws {
        let error = #expect(throws: TransportError.self) {
            try LoopbackCluster(ranks: 1).run { communicator in
                _ = try communicator.send(AlignedBytes(byteCount: 1), to: 0, tag: 0)
            }
        }
        #expect(error?.description.contains("1 sends and 0 receives") == true)
    }

    @Test func aSingleRankThatWaitsForNothingThrows() throws {
        let communicator = SingleRank()
        let receiving = try communicator.receive(into: AlignedBytes(byteCount: 1), from: 0, tag: 0)
        #expect(throws: TransportError.self) { try receiving.wait() }
    }
}
