import MPITransport
import TestSupport
import Testing
import Transport

@Suite(.serialized) struct LaunchTests {
    @Test(arguments: [
        [:], ["HOME": "/"], ["SLURM_STEP_NUM_TASKS": "1"], ["SLURM_NTASKS": "4"],
        ["SLURM_STEP_NUM_TASKS": "many"],
    ])
    func aProcessStartedByHandIsAlone(environment: [String: String]) {
        #expect(Launch.detect(environment: environment) == .alone)
    }

    @Test(arguments: [
        (["OMPI_COMM_WORLD_SIZE": "3"], 3),
        (["OMPI_COMM_WORLD_SIZE": "1", "PMIX_RANK": "0"], 1),
        (["OMPI_COMM_WORLD_SIZE": "2", "SLURM_STEP_NUM_TASKS": "1"], 2),
        (["PMI_SIZE": "5", "PMI_RANK": "0"], 5),
        (["PMIX_RANK": "0"], nil),
        (["PMIX_RANK": "1", "SLURM_STEP_NUM_TASKS": "4"], 4),
        (["SLURM_STEP_NUM_TASKS": "4"], 4),
        (["OMPI_COMM_WORLD_SIZE": "?"], nil),
    ])
    func aLauncherIsSeen(environment: [String: String], processes: Int?) {
        guard case .launched(_, let announced) = Launch.detect(environment: environment) else {
            Issue.record("taken for a process started by hand")
            return
        }
        #expect(announced == processes)
    }

    @Test(arguments: [["PMI_SIZE": "4"], ["SLURM_STEP_NUM_TASKS": "4"], ["OMPI_COMM_WORLD_SIZE": "4"]])
    func severalProcessesThatAreEachAWorldAreRefused(environment: [String: String]) {
        let error = #expect(throws: TransportError.self) {
            try checkWorld(Launch.detect(environment: environment), worldSize: 1)
        }
        let text = error?.description ?? ""
        for part in ["announces 4 processes", "world of 1", "mpirun", "srun --mpi=pmix"] {
            #expect(text.contains(part))
        }
    }

    @Test(arguments: [
        (["OMPI_COMM_WORLD_SIZE": "4"], 4), (["OMPI_COMM_WORLD_SIZE": "1"], 1), (["PMIX_RANK": "0"], 1),
        ([:], 1),
    ])
    func aWorldThatFitsItsLauncherPasses(environment: [String: String], worldSize: Int) throws {
        try checkWorld(Launch.detect(environment: environment), worldSize: worldSize)
    }
}
