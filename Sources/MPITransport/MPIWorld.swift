internal import COpenMPI
import Platform
import Transport

/// MPI from its start to its end in this process.
///
/// There is one per process, used by one thread, besides the engines' that move messages on meanwhile.
public final class MPIWorld {
    /// This process's rank, 0 ..< size.
    public let rank: Int
    /// Number of processes.
    public let size: Int
    /// This host, as MPI names it.
    public let hostName: String
    private let signs: MPI_Comm?

    private init() throws(TransportError) {
        var rank: Int32 = 0
        var size: Int32 = 0
        try checkMPI(MPI_Comm_rank(COpenMPI_comm_world(), &rank), "MPI_Comm_rank")
        try checkMPI(MPI_Comm_size(COpenMPI_comm_world(), &size), "MPI_Comm_size")
        self.rank = Int(rank)
        self.size = Int(size)
        self.hostName = try processorName()
        var signs: MPI_Comm?
        try checkMPI(MPI_Comm_dup(COpenMPI_comm_world(), &signs), "MPI_Comm_dup")
        self.signs = signs
    }

    /// Initialises MPI, whose errors are returned and thrown from then on.
    /// - Parameter environment: the process's variables, for the check of the launcher.
    /// - Throws: `TransportError` if MPI cannot start, or if the launcher is not this MPI's own.
    public static func start(environment: [String: String]) throws(TransportError) -> MPIWorld {
        var isStarted: Int32 = 0
        try checkMPI(MPI_Initialized(&isStarted), "MPI_Initialized")
        guard isStarted == 0 else { throw TransportError("MPI has been started in this process before") }
        var provided: Int32 = 0
        try checkMPI(MPI_Init_thread(nil, nil, Int32(MPI_THREAD_SERIALIZED), &provided), "MPI_Init_thread")
        try checkMPI(
            MPI_Comm_set_errhandler(COpenMPI_comm_world(), COpenMPI_errors_return()),
            "MPI_Comm_set_errhandler")
        let world = try MPIWorld()
        do throws(TransportError) {
            guard provided >= MPI_THREAD_SERIALIZED else {
                throw TransportError(
                    "this MPI supports threads only to level \(provided), and \(MPI_THREAD_SERIALIZED) "
                        + "(MPI_THREAD_SERIALIZED) is needed")
            }
            try checkWorld(Launch.detect(environment: environment), worldSize: world.size)
        } catch {
            try world.finish()
            throw error
        }
        return world
    }

    /// The MPI library in its own words, as in `Open MPI v4.1.4`; needs no MPI to be started.
    public static var libraryVersion: String {
        var length: Int32 = 0
        // Safe: MPI writes at most MPI_MAX_LIBRARY_VERSION_STRING characters, which is what there is room for.
        let text = String(unsafeUninitializedCapacity: Int(MPI_MAX_LIBRARY_VERSION_STRING)) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                MPI_Get_library_version(characters.baseAddress, &length) == MPI_SUCCESS ? Int(length) : 0
            }
        }
        return String(text.prefix { $0 != "," && $0 != "\0" })
    }

    /// All processes as a communicator.
    /// - Parameters:
    ///   - patience: how long the run may stand still.
    ///   - synchronousSends: whether sends wait for their receives (MPI_Issend), so that tests find the deadlocks that
    ///     small messages hide.
    public func communicator(
        patience: Patience = .endless, synchronousSends: Bool = false
    ) -> any Communicator {
        MPICommunicator(
            rank: rank, size: size, hostName: hostName,
            messages: MPIProgress(rank: rank, size: size, patience: patience, signs: signs),
            handle: COpenMPI_comm_world(), synchronousSends: synchronousSends)
    }

    /// Ends MPI for good; every rank calls it, after its last message.
    /// - Throws: `TransportError`.
    public func finish() throws(TransportError) {
        try checkMPI(MPI_Finalize(), "MPI_Finalize")
    }

    /// Ends all processes at once, for a rank that cannot go on and cannot wait for the others to notice.
    /// - Parameter status: what mpirun exits with.
    ///
    /// It may be called from any thread, as what ends the process.
    public static func abort(status: Int32) -> Never {
        MPI_Abort(COpenMPI_comm_world(), status)
        exit(status)
    }
}

private func processorName() throws(TransportError) -> String {
    var length: Int32 = 0
    var code = MPI_SUCCESS
    // Safe: MPI writes at most MPI_MAX_PROCESSOR_NAME characters, which is what there is room for.
    let name = String(unsafeUninitializedCapacity: Int(MPI_MAX_PROCESSOR_NAME)) { buffer in
        buffer.withMemoryRebound(to: CChar.self) { characters in
            code = MPI_Get_processor_name(characters.baseAddress, &length)
            return Int(length)
        }
    }
    try checkMPI(code, "MPI_Get_processor_name")
    return name
}
