import Testing
import Transport

@Suite(.serialized) struct PatienceTests {
    @Test func whatIsNotThePipelineHasTenMinutes() {
        #expect(Patience().limit == .seconds(600))
        #expect(Patience(asked: .seconds(5)).limit == .seconds(600))
        #expect(Patience(asked: .seconds(100)).limit == .seconds(1000))
    }

    @Test func inThePipelineItIsTenTimesTheSlowestSlot() {
        let patience = Patience()
        patience.noteSlot(.seconds(1))
        #expect(patience.limit == .seconds(60))
        patience.noteSlot(.seconds(20))
        patience.noteSlot(.seconds(2))
        #expect(patience.limit == .seconds(200))
        patience.leavePipeline()
        #expect(patience.limit == .seconds(600))
    }

    @Test func whatWasAskedHolds() {
        let patience = Patience(asked: .seconds(5))
        patience.noteSlot(.seconds(20))
        #expect(patience.limit == .seconds(5))
    }

    @Test func aWaitThatIsTooLongThrows() throws {
        let rank = SingleRank()
        let patience = Patience(asked: .seconds(5))
        patience.noteSlot(.seconds(1))
        try patience.check(.seconds(5), by: rank) { "x" }
        let error = #expect(throws: TransportError.self) {
            try patience.check(.milliseconds(5001), by: rank) { "latents of step 3" }
        }
        #expect(
            error?.description.hasPrefix(
                "rank 0 on \(rank.hostName) waited 5 s for latents of step 3, and takes the run for lost")
                == true)
    }

    @Test func endlessIsEndless() throws {
        let patience = Patience.endless
        patience.noteSlot(.seconds(1))
        #expect(patience.limit == nil)
        try patience.check(.seconds(1_000_000), by: SingleRank()) { "x" }
    }
}
