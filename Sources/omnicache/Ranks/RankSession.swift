import Checkpoints
import Dispatch
import Foundation
import MPITransport
import Sampling
import Synchronization
import Transport

/// This process as a rank of a run, from its start to its exit status.
///
/// Errors that all ranks have agreed on end them all in order, with one message from rank 0; any other error
/// ends the whole run at once, with a message from the rank that met it.
final class RankSession {
    let communicator: any Communicator
    private let world: MPIWorld?
    private var signals: [any DispatchSourceSignal] = []
    private let stop = StopRequest()

    private init(_ patience: Patience = Patience()) throws {
        let environment = ProcessInfo.processInfo.environment
        if Launch.detect(environment: environment) == .alone {
            world = nil
            communicator = SingleRank()
        } else {
            let world = try Self.limited(to: 600, "MPI to start") {
                try MPIWorld.start(environment: environment)
            }
            self.world = world
            communicator = world.communicator(patience: patience)
        }
    }

    var isFirst: Bool { communicator.rank == 0 }

    /// Whether this process was told to end.
    var isStopWanted: Bool { stop.isWanted.load(ordering: .relaxed) }

    /// Lets the run itself heed signals that leave time: it saves its state and throws `RunStopped`.
    ///
    /// They are SIGUSR1, and SIGTERM of a lone rank; a second one ends the process.
    func endsItself() { stop.isAwaited.store(true, ordering: .relaxed) }

    /// Says something on standard error, once for the run.
    func say(_ message: String) {
        if isFirst { Self.write(message) }
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
            exit(Transport.exitStatus(of: error))
        }
        session.endOnSignals()
        do {
            try session.communicator.requireSameStart()
            try body(session)
            session.leave(status: 0)
        } catch let stopped as RunStopped {
            session.say("omnicache: \(stopped)")
            session.leave(status: stopped.exitStatus)
        } catch let failure as RanksFailed {
            session.say("omnicache: error: \(failure)")
            session.leave(status: failure.exitStatus)
        } catch {
            write("omnicache: error: \(session.place(of: error))\(error)")
            session.abort(status: Transport.exitStatus(of: error))
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
            session.leave(status: Transport.exitStatus(of: error))
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
    private func endOnSignals() {
        let endings = [
            (SIGINT, "interrupted", 130 as Int32), (SIGTERM, "terminated", 143), (SIGUSR1, "terminated", 143),
        ]
        for (number, word, status) in endings {
            // mpirun sends SIGKILL soon after SIGTERM: there is no time then.
            let leavesTime = number == SIGUSR1 || (number == SIGTERM && communicator.size == 1)
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            let speaks = communicator.size == 1
            source.setEventHandler { [stop] in
                if leavesTime, stop.take() { return }
                if speaks { Self.write("omnicache: \(word); images that were finished are kept") }
                _exit(status)
            }
            source.resume()
            signals.append(source)
        }
    }

    /// Whether a run is to end, as a signal handler tells the thread that runs it.
    private final class StopRequest: Sendable {
        let isAwaited = Atomic(false)
        let isWanted = Atomic(false)

        /// Notes the first request to a run that heeds it: says whether this was that.
        func take() -> Bool {
            isAwaited.load(ordering: .relaxed) && !isWanted.exchange(true, ordering: .relaxed)
        }
    }

    private func leave(status: Int32) -> Never {
        if let world {
            do {
                try communicator.barrier()
                try Self.limited(to: 60, "MPI to end") { try world.finish() }
            } catch {
                Self.write("omnicache: error: \(error)")
                abort(status: status == 0 ? 69 : status)
            }
        }
        exit(status)
    }

    /// Ends all ranks, or this one where the others cannot be reached.
    private func abort(status: Int32) -> Never {
        if let world {
            // MPI waits for mpirun's answer, which may be behind a link that is cut.
            DispatchQueue.global().asyncAfter(deadline: .now() + 5) { _exit(status) }
            world.abort(status: status)
        }
        exit(status)
    }

    /// Ends the process if a call of MPI's own, which takes no limit, lasts longer than so many seconds.
    private static func limited<R>(to seconds: Int, _ what: String, _ body: () throws -> R) rethrows -> R {
        let end = DispatchWorkItem {
            write("omnicache: error: \(ProcessInfo.processInfo.hostName): waited \(seconds) s for \(what)")
            _exit(69)
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: end)
        defer { end.cancel() }
        return try body()
    }

    private static func write(_ message: String) {
        FileHandle.standardError.write(Data((message + "\n").utf8))
    }
}
