import Platform
import TestSupport
import Testing
import Transport

@Suite(.serialized) struct WatchdogTests {
    private static let patience = Patience(limit: .milliseconds(200), away: .milliseconds(600))

    /// Looks as a rank does that waits, for so long or until the wait is ended: says what ended it.
    private func wait(_ watchdog: Watchdog, rank: Int = 0, atMost: Duration) -> (Duration, TransportError?) {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < atMost {
            do {
                try watchdog.check(rank, named: { "rank \(rank) on here" }, for: { "latents of step 3" })
            } catch {
                return (.now - start, error)
            }
            usleep(2000)
        }
        return (.now - start, nil)
    }

    private func watchdog(away: Set<Int> = []) -> Watchdog {
        let watchdog = Watchdog(Self.patience, ranks: 3)
        for rank in 0..<3 where !away.contains(rank) { watchdog.hear(.back, from: rank) }
        return watchdog
    }

    @Test func theLimitIsAMinuteOrWhatIsAsked() {
        #expect(Patience() == Patience(limit: .seconds(60), away: .seconds(600)))
        #expect(Patience(asked: .seconds(5)) == Patience(limit: .seconds(5), away: .seconds(600)))
        #expect(Patience(asked: .seconds(100)) == Patience(limit: .seconds(100), away: .seconds(1000)))
    }

    @Test func aRankThatIsAwayHasLonger() {
        let watchdog = Watchdog(Self.patience, ranks: 3)
        #expect(watchdog.limit(for: 0) == .milliseconds(600))
        watchdog.hear(.back, from: 1)
        watchdog.hear(.back, from: 2)
        #expect(watchdog.limit(for: 0) == .milliseconds(200), "a rank that waits is not away")
        #expect(watchdog.limit(for: 1) == .milliseconds(600))
        watchdog.hear(.away, from: 2)
        #expect(watchdog.limit(for: 0) == .milliseconds(600))
    }

    @Test func silenceThatIsTooLongEndsAWait() throws {
        let (waited, error) = wait(watchdog(), atMost: .seconds(5))
        #expect(waited > .milliseconds(200))
        #expect(
            error?.description.hasPrefix(
                "rank 0 on here waited 0 s for latents of step 3 without a sign of work from any rank, and takes the "
                    + "run for lost") == true)
    }

    @Test func theLimitHoldsWhileOneIsAway() {
        let (waited, error) = wait(watchdog(away: [2]), atMost: .seconds(5))
        #expect(waited > .milliseconds(600))
        #expect(error != nil)
    }

    @Test func signsOfWorkGoOnForEver() {
        let watchdog = watchdog()
        for _ in 0..<8 {
            #expect(wait(watchdog, atMost: .milliseconds(100)).1 == nil)
            watchdog.hear(.work, from: 2)
        }
        for _ in 0..<8 {
            #expect(wait(watchdog, atMost: .milliseconds(100)).1 == nil)
            _ = watchdog.noteWork()
        }
        #expect(wait(watchdog, atMost: .seconds(5)).1 != nil)
    }

    /// A sign is told once in a while, and not where another rank has told one.
    @Test func signsAreFew() {
        let watchdog = watchdog()
        var told = 0
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .milliseconds(100) { told += watchdog.noteWork() ? 1 : 0 }
        #expect((1...4).contains(told))
        watchdog.hear(.work, from: 1)
        #expect(!watchdog.noteWork())
    }

    @Test func oneRankSpeaksForAll() {
        let (first, second) = (watchdog(), watchdog())
        #expect(wait(first, rank: 0, atMost: .seconds(5)).1 != nil)
        second.hear(.lost, from: 0)
        #expect(wait(second, rank: 1, atMost: .milliseconds(500)).1 == nil)
    }

    @Test func ranksComeToItOneAfterAnother() {
        let (watchdogs, start) = ((0..<3).map { _ in watchdog() }, ContinuousClock.now)
        var ends: [Int: Duration] = [:]
        while ends.count < 3, ContinuousClock.now - start < .seconds(5) {
            for rank in 0..<3 where ends[rank] == nil {
                if wait(watchdogs[rank], rank: rank, atMost: .milliseconds(1)).1 != nil {
                    ends[rank] = .now - start
                }
            }
        }
        let turns = (0..<3).compactMap { ends[$0] }
        #expect(turns.count == 3 && turns == turns.sorted() && turns[2] - turns[0] > .milliseconds(20))
    }

    /// A job that was suspended for long has not waited.
    @Test func timeWithoutALookHardlyCounts() throws {
        let watchdog = Watchdog(Patience(limit: .seconds(1), away: .seconds(1)), ranks: 2)
        sleep(2)
        try watchdog.check(0, named: { "" }, for: { "" })
    }

    @Test func endlessIsEndless() {
        let watchdog = Watchdog(.endless, ranks: 2)
        #expect(watchdog.limit(for: 0) == nil)
        #expect(wait(watchdog, atMost: .milliseconds(300)).1 == nil)
    }

    // MARK: - Ranks

    /// As a benchmark does it: one rank works, while others rest until they meet.
    @Test(.timeLimit(.minutes(1)))
    func restingRanksWaitForOneThatWorks() throws {
        let patience = Patience(limit: .milliseconds(400), away: .milliseconds(400))
        try forEachCluster(ranks: [2, 3], patience: patience) { communicator in
            let part = try communicator.split(color: communicator.rank == 0 ? 0 : 1)
            if communicator.rank == 0 {
                for _ in 0..<75 {
                    usleep(20_000)
                    communicator.progress?()
                }
            }
            try part.barrier()
            try communicator.barrier()
        }
    }

    /// Waits of less than a millisecond add up to no long one.
    @Test(.timeLimit(.minutes(1)))
    func ranksThatMeetAgainAndAgainWork() throws {
        let patience = Patience(limit: .milliseconds(400), away: .milliseconds(400))
        try forEachCluster(ranks: [2, 3], patience: patience) { communicator in
            let start = ContinuousClock.now
            while try communicator.broadcast(ContinuousClock.now - start < .seconds(2), from: 0) {
                if communicator.rank == 0 { usleep(3000) }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatTakesLongIsSaidBefore() throws {
        let patience = Patience(limit: .milliseconds(300), away: .seconds(20))
        try forEachCluster(ranks: [2, 3], patience: patience) { communicator in
            communicator.isAway = false
            try communicator.barrier()
            if communicator.rank == 0 { communicator.away { _ = usleep(1_200_000) } }
            try communicator.barrier()
            communicator.isAway = true
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func aRankThatStandsStillEndsTheRun(isAway: Bool) throws {
        let patience = Patience(limit: .milliseconds(200), away: .milliseconds(500))
        let error = #expect(throws: TransportError.self) {
            try LoopbackCluster(ranks: 3, patience: patience).run { communicator in
                communicator.isAway = isAway
                if communicator.rank == 1 { sleep(3) }
                try communicator.barrier()
            }
        }
        #expect(error?.description.contains("takes the run for lost") == true)
    }
}
