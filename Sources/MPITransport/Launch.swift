import Transport

/// How this process was started, judged by the variables that launchers leave.
public enum Launch: Equatable, Sendable {
    /// By hand: MPI is not needed.
    case alone
    /// By a launcher, which may have said how many processes it started.
    case launched(by: String, announcedProcesses: Int?)

    /// Reads the variables of Open MPI, PMI, PMIx and Slurm.
    ///
    /// The innermost launcher counts: mpirun inside a Slurm job leaves both sets. One Slurm task without PMI
    /// is what an interactive shell looks like.
    public static func detect(environment: [String: String]) -> Launch {
        func count(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
        let tasks = count("SLURM_STEP_NUM_TASKS")
        if environment["OMPI_COMM_WORLD_SIZE"] != nil {
            return .launched(by: "Open MPI's mpirun", announcedProcesses: count("OMPI_COMM_WORLD_SIZE"))
        }
        if environment["PMI_SIZE"] != nil {
            return .launched(
                by: "a PMI launcher (MPICH's mpiexec, srun)", announcedProcesses: count("PMI_SIZE"))
        }
        if environment["PMIX_RANK"] != nil {
            return .launched(by: "a PMIx launcher", announcedProcesses: tasks)
        }
        if let tasks, tasks > 1 {
            return .launched(by: "Slurm's srun", announcedProcesses: tasks)
        }
        return .alone
    }
}

/// Refuses a world of one process where the launcher has announced several: each would take itself for the
/// whole run.
/// - Throws: `TransportError` naming both and the remedy.
public func checkWorld(_ launch: Launch, worldSize: Int) throws(TransportError) {
    guard case .launched(let launcher, let announced?) = launch, announced > 1, worldSize == 1 else { return }
    throw TransportError(
        "\(launcher) announces \(announced) processes, but Open MPI sees a world of 1: the launcher does not "
            + "belong to this MPI. Start it with Open MPI's mpirun, or with srun --mpi=pmix")
}
