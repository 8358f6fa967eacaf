import ArgumentParser
import Failures
import MPITransport

/// The command line: what the modules can do, put together.
struct OmniCache: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "omnicache",
        abstract:
            "Sample diffusion transformers on CPU hosts, one or many, reusing what steps have in common.",
        discussion: """
            With no arguments it draws the word OMNICACHE with the built-in model into omnicache.png.
            'omnicache help sample' lists all options of drawing.

            Examples:
              omnicache --text HELLO --seed 7 --output hello.png
              omnicache --model DiT-XL-2-256 --class 'golden retriever' --count 4
              mpirun -np 4 --hostfile hosts omnicache --model DIR --class 207
              omnicache plan --model DIR --preset fast --output fast.json

            Exit status: 0 success, 1 doctor found what would fail, 64 wrong usage,
            65 bad input file, 66 no such input, 69 MPI or a rank failed,
            70 internal, 73 cannot write; alone 130 interrupted, 143 terminated,
            while under mpirun signals end it with mpirun's own status.
            """,
        version: omnicacheVersion,
        subcommands: [
            SampleCommand.self, PlanCommand.self, EvaluateCommand.self, BenchCommand.self,
            InspectCommand.self, DoctorCommand.self, ReportCommand.self,
        ],
        defaultSubcommand: SampleCommand.self)
}

/// The version that `--version`, pictures and reports carry.
let omnicacheVersion = "0.1.0"

@main
enum Main {
    static func main() {
        do throws(UsageError) { try GivenArguments.requireUTF8() } catch {
            RankSession.exitTogether(
                status: error.failureKind.exitStatus, message: "omnicache: error: \(error)", isHelp: false)
        }
        do {
            var command = try OmniCache.parseAsRoot(
                GivenArguments.parsed(Array(CommandLine.arguments.dropFirst())))
            try command.run()
        } catch {
            // Help, version and wrong usage: every rank comes to the same, and rank 0 says it.
            let status = OmniCache.exitCode(for: error).rawValue
            var message = OmniCache.fullMessage(for: error)
            if message.hasPrefix("Error: ") {
                message = "omnicache: error: " + message.dropFirst("Error: ".count)
            }
            RankSession.exitTogether(status: status, message: message, isHelp: status == 0)
        }
    }
}
