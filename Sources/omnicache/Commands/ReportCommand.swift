import ArgumentParser
import Files
import RunReport
import Transport

/// `omnicache report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Show run reports: stages, bubble, waiting, bytes; several side by side.",
        discussion: """
            Examples:
              omnicache sample --run-report one.json
              mpirun -np 2 omnicache sample --run-report two.json
              omnicache report one.json two.json
            """)

    @Argument(help: ArgumentHelp("What --run-report wrote.", valueName: "run.json"))
    var files: [String]

    func run() throws {
        RankSession.run { session in
            let text = try session.communicator.decide {
                let runs = try files.flatMap(Self.reports)
                let stages = runs.map { "\($0.name): \($0.report.costSentence)\n\n\($0.report.stageTable)\n" }
                return stages.joined(separator: "\n") + "\n" + RunReport.comparison(runs)
            }
            if session.isFirst { print(text) }
        }
    }

    /// The parts of one file's run, by its name.
    private static func reports(_ path: String) throws -> [(name: String, report: RunReport)] {
        let bytes = try readJSONInput(path)
        do {
            let parts = try RunReport.parts(json: bytes)
            return parts.enumerated().map { (parts.count == 1 ? path : "\(path)[\($0)]", $1) }
        } catch {
            throw ReadError(
                .invalid,
                "\(path): expected a run report of version 1, as 'omnicache sample --run-report' writes it: "
                    + Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "it has no '\(key.stringValue)'"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            context.debugDescription
        default: "\(error)"
        }
    }
}
