import CHost
import Failures
import Files
import Foundation
import MPITransport
import Sampling
import Tensors
import Transport

/// This process as a rank of a run, from its start to its exit status.
///
/// Errors that all ranks have agreed on end them all in order, with one message from rank 0; any other error
/// ends the whole run at once, with a message from the rank that met it.
final class RankSession {
    let communicator: any Communicator
    private let world: MPIWorld?
    private var warnings: Set<String> = []
    private var stateFolder: String?

    private init(_ patience: Patience = Patience()) throws {
        let environment = ProcessInfo.processInfo.environment
        if Launch.detect(environment: environment) == .alone {
            world = nil
            communicator = SingleRank()
        } else {
            let world = try Self.limited(to: 600, HOST_MPI_START) {
                try MPIWorld.start(environment: environment)
            }
            self.world = world
            communicator = world.communicator(patience: patience)
        }
    }

    var isFirst: Bool { communicator.rank == 0 }

    /// Whether this process was told to end.
    var isStopWanted: Bool { host_is_stop_wanted() }

    /// Lets the run itself heed signals that leave time: it saves its state and throws `RunStopped`.
    ///
    /// They are SIGUSR1, and SIGTERM of a lone rank; a second one ends the process.
    /// - Parameter folder: where it saves its state.
    func endsItself(saving folder: String) {
        stateFolder = folder
        host_heed_signals()
    }

    /// Throws `RunStopped` on all ranks if a run that heeds signals was told to end; a collective then.
    var stopping: @Sendable (any Communicator) throws -> Void {
        guard let stateFolder else { return { _ in } }
        return { communicator in
            if try communicator.decide({ host_is_stop_wanted() }) { throw RunStopped(folder: stateFolder) }
        }
    }

    /// Says something on standard error, once for the run.
    func say(_ message: String) {
        if isFirst { Self.write(message) }
    }

    /// Warns on standard error, of one thing once.
    func warn(_ message: String) {
        if warnings.insert(message).inserted { say("omnicache: warning: \(message)") }
    }

    /// Runs `body` on this rank and ends the process.
    /// - Parameter patience: how long the run may stand still.
    static func run(
        patience: Patience = Patience(), _ body: (RankSession) throws -> Void
    ) -> Never {
        let session: RankSession
        do {
            session = try RankSession(patience)
        } catch {
            write("omnicache: error: \(error)")
            exit(error.failureKind.exitStatus)
        }
        session.endOnSignals()
        session.endOnShortage()
        do {
            try session.communicator.requireSameStart()
            try body(session)
            session.leave(status: 0)
        } catch let stopped as RunStopped {
            session.say("omnicache: \(stopped)")
            session.leave(status: stopped.failureKind.exitStatus)
        } catch let failure as RanksFailed {
            session.say("omnicache: error: \(failure)")
            session.leave(status: failure.failureKind.exitStatus)
        } catch {
            write("omnicache: error: \(session.place(of: error))\(error)")
            session.abort(status: error.failureKind.exitStatus)
        }
    }

    /// Ends the process with a message that every rank comes to alike, having been started alike.
    static func exitTogether(status: Int32, message: String, isHelp: Bool) -> Never {
        guard let session = try? RankSession() else {
            write(message)
            exit(status)
        }
        do {
            try session.communicator.requireSameStart(
                refusal: String(message.trimmingPrefix("omnicache: error: ")))
        } catch {
            session.say("omnicache: error: \(error)")
            session.leave(status: error.failureKind.exitStatus)
        }
        if session.isFirst {
            if isHelp { print(message) } else { write(message) }
        }
        session.leave(status: status)
    }

    /// Keeps a folder for this run.
    /// - Throws: `WriteError` naming the host and process that has it.
    func lock(_ folder: String) throws(WriteError) -> FolderLock {
        let process = ProcessInfo.processInfo.processIdentifier
        let lock = try FolderLock(
            folder, holder: "process \(process) on \(ProcessInfo.processInfo.hostName)")
        if !lock.isHeld {
            say("omnicache: warning: \(folder): the file system has no locks; let no other run write there")
        }
        return lock
    }

    /// Where an error was met, unless it says so itself.
    private func place(of error: any Error) -> String {
        let saysItself = error is SamplingError || error is TransportError
        return saysItself || communicator.size == 1
            ? "" : "rank \(communicator.rank) on \(communicator.hostName): "
    }

    /// Files appear whole or not at all, so a signal can end the process where it stands.
    ///
    /// A rank among several says nothing then: mpirun, which passes signals on, also sends them when another
    /// rank has failed and said why.
    private func endOnSignals() { host_end_on_signals(communicator.size == 1) }

    /// Has a rank that gets no memory end the run as one that has met an error.
    private func endOnShortage() {
        let rank = communicator.rank
        let place = communicator.size == 1 ? "" : "rank \(rank) on \(communicator.hostName): "
        let isLaunched = world != nil
        MemoryShortage.end { what in
            Self.write(
                "omnicache: error: \(place)\(what): raise its limit (ulimit -v), or share the model by more hosts"
            )
            Self.abort(status: FailureKind.unavailable.exitStatus, isLaunched: isLaunched)
        }
    }

    private func leave(status: Int32) -> Never {
        if let world {
            do {
                try communicator.barrier()
                try Self.limited(to: 60, HOST_MPI_END) { try world.finish() }
            } catch {
                Self.write("omnicache: error: \(error)")
                abort(status: status == 0 ? FailureKind.unavailable.exitStatus : status)
            }
        }
        exit(host_flush_output() || status != 0 ? status : FailureKind.output.exitStatus)
    }

    /// Ends all ranks, or this one where the others cannot be reached.
    private func abort(status: Int32) -> Never { Self.abort(status: status, isLaunched: world != nil) }

    private static func abort(status: Int32, isLaunched: Bool) -> Never {
        if isLaunched {
            // MPI waits for mpirun's answer, which may be behind a link that is cut.
            host_set_limit(5, HOST_MPI_ABORT, status)
            MPIWorld.abort(status: status)
        }
        exit(status)
    }

    /// Ends the process if a call of MPI's own, which takes no limit, lasts longer than so many seconds.
    private static func limited<R>(to seconds: UInt32, _ what: host_wait, _ body: () throws -> R) rethrows
        -> R
    {
        host_set_limit(seconds, what, FailureKind.unavailable.exitStatus)
        defer { host_end_limit() }
        return try body()
    }

    private static func write(_ message: String) {
        // What a log does not take is lost, and ends no run.
        try? FileHandle.standardError.write(contentsOf: Data((message + "\n").utf8))
    }
}
