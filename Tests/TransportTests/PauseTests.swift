import Platform
import Testing
import Transport

@Suite(.serialized) struct PauseTests {
    /// How often the core was given up between polls of the given lengths.
    private func sleeps(polls length: (Int) -> Duration) -> Int {
        func switches() -> Int {
            var usage = rusage()
            getrusage(__rusage_who_t(1), &usage)
            return usage.ru_nvcsw
        }
        let before = switches()
        var pause = Pause()
        for count in 0..<400 {
            let begun = ContinuousClock.now
            while ContinuousClock.now - begun < length(count) {}
            pause.take()
        }
        return switches() - before
    }

    /// A rank that waits for many ranks asks each of them, and takes its time to.
    ///
    /// A poll that loses the core to others looks long: on a busy machine it does not sleep after each.
    @Test(arguments: [5, 40]) func aRankThatWaitsSleeps(microseconds: Int) {
        #expect(sleeps { _ in .microseconds(microseconds) } > 100)
    }

    /// What moves bytes takes longer, and is called again at once.
    @Test func aRankThatMovesBytesDoesNot() {
        #expect(sleeps { $0 % 8 == 0 ? .microseconds(2) : .microseconds(100) } < 100)
    }
}
