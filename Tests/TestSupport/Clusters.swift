import FoundationEssentials
import MPITransport
import Platform
import Synchronization
import Testing
import Transport

/// Whether this test process is one of several that a launcher started, or under a launcher at all.
public let isUnderLauncher = Launch.detect(environment: ProcessInfo.processInfo.environment) != .alone

/// Runs `body` on clusters of the given sizes, each with buffered and with synchronous sends.
///
/// In a plain `swift test` the ranks are threads. Under mpirun they are its processes, and the test is skipped
/// unless their number is among `ranks`; a rank that throws there says so and ends all of them, since the others
/// may be waiting for it. An issue that one rank records is one of all, and ends `body`'s round on all.
/// - Parameter patience: how long a run may stand still.
/// - Throws: what `body` threw first.
public func forEachCluster(
    ranks: [Int], patience: Patience = .endless,
    _ body: @escaping @Sendable (any Communicator) throws -> Void
) throws {
    guard isUnderLauncher else {
        for count in ranks {
            for mode in [LoopbackCluster.SendMode.buffered, .synchronous] {
                _ = try LoopbackCluster(ranks: count, sendMode: mode, patience: patience).run(body)
            }
        }
        return
    }
    try LaunchedWorld.shared.run(ifAmong: ranks, patience, body)
}

/// MPI in this test process: started by the first test that needs it, ended when the process exits.
private final class LaunchedWorld: Sendable {
    static let shared = LaunchedWorld()

    // Safe: suites are serialized, so that one test at a time uses it, as MPI was told.
    private struct Started: @unchecked Sendable { let world: MPIWorld }
    private let started = Mutex<Started?>(nil)

    func run(
        ifAmong ranks: [Int], _ patience: Patience, _ body: @Sendable (any Communicator) throws -> Void
    ) throws {
        let world = try start().world
        guard ranks.contains(world.size) else {
            try Test.cancel("for \(ranks.map(String.init).joined(separator: ", ")) ranks, not \(world.size)")
        }
        for synchronousSends in [false, true] {
            let communicator = world.communicator(patience: patience, synchronousSends: synchronousSends)
            let place = "rank \(world.rank) of \(world.size) on \(world.hostName)"
            do {
                let isSound = try recordsNoIssue { try body(communicator) }
                // No rank begins the next test before all are done with this one.
                let failed = try communicator.allGather(isSound ? [] : [place]).flatMap { $0 }
                if failed.isEmpty { continue }
                if isSound { Issue.record("recorded an issue: \(failed.joined(separator: ", "))") }
                return
            } catch {
                report("\(place) failed a test: \(error)")
                MPIWorld.abort(status: 1)
            }
        }
    }

    /// Whether `body` records no issue; those that it does record are so as ever.
    private func recordsNoIssue(_ body: () throws -> Void) throws -> Bool {
        let issues = Mutex(0)
        try withKnownIssue(isIntermittent: true) {
            try body()
        } matching: { _ in
            // No issue is known; each is seen here.
            issues.withLock { $0 += 1 }
            return false
        }
        return issues.withLock { $0 == 0 }
    }

    private func start() throws -> Started {
        try started.withLock { started in
            if let started { return started }
            let new = Started(world: try MPIWorld.start(environment: ProcessInfo.processInfo.environment))
            started = new
            atexit { LaunchedWorld.shared.finish() }
            return new
        }
    }

    private func finish() {
        guard let world = started.withLock({ $0 })?.world else { return }
        do { try world.finish() } catch { report("\(error)") }
    }

    private func report(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
