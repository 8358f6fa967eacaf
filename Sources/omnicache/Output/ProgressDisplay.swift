import Foundation
import RunTrace
import Tables

/// Progress of long work on standard error: a bar on a terminal, a line now and then in a log.
final class ProgressDisplay {
    private let title: String
    private let isTerminal: Bool
    private let isSilent: Bool
    private let start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant
    private var lastTenth = 0

    init(_ title: String, isSilent: Bool) {
        self.title = title
        self.isSilent = isSilent
        isTerminal = isatty(STDERR_FILENO) == 1
        lastShown = start
    }

    /// Shows how far the work is.
    func show(_ done: Int, of total: Int) {
        guard !isSilent, total > 0 else { return }
        let now = ContinuousClock.now
        if isTerminal {
            guard done == total || now - lastShown > .milliseconds(80) else { return }
            let filled = 30 * done / total
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
            write("\r\(title) \(bar) \(100 * done / total) %  \(remaining(done, total, now))  ")
            if done == total { write("\n") }
            lastShown = now
        } else {
            let tenth = 10 * done / total
            guard tenth > lastTenth, now - lastShown > .seconds(5) else { return }
            write("\(title): \(100 * done / total) %, \(remaining(done, total, now))\n")
            lastShown = now
            lastTenth = tenth
        }
    }

    private func remaining(_ done: Int, _ total: Int, _ now: ContinuousClock.Instant) -> String {
        let passed = (now - start).seconds
        guard done > 0, done < total else { return "\(fixedPoint(passed, digits: 1)) s" }
        return "\(fixedPoint(passed * Double(total - done) / Double(done), digits: 1)) s left"
    }

    private func write(_ text: String) {
        // What a log does not take is lost, and ends no run.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
