import ArgumentParser
import Failures

/// `omnicache doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say of each host what a run would find there, and what is wrong.",
        discussion: """
            Alone it looks at this host; under mpirun at the host of each rank, as a
            run with the same options would use it. Reads configurations and tensor
            headers, no weights. Exit status 1 if the run would fail.

            Examples:
              omnicache doctor
              omnicache doctor --hostfile hosts --model DIR
              mpirun --hostfile hosts omnicache doctor --model DIR
            """)

    @OptionGroup(title: "Model and engine") var model: ModelOptions
    @OptionGroup(title: "Model and engine") var sharing: PartitionOptions

    @Option(help: "Check this hostfile as well; alone, say how to run doctor on its hosts.")
    var hostfile: String?

    func run() throws {
        RankSession.run { session in try Examination(options: self, session: session).perform() }
    }
}

/// A run that would fail.
struct FailingRun: Failure {
    let problems: Int
    var description: String { "a run would fail: \(counted(problems, "problem")), see above" }
    var failureKind: FailureKind { .finding }
}
