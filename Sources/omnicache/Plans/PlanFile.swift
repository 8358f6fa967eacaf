import CachePlanning
import Failures
import Transport

/// A plan that the user named, and the name.
struct PlanFile: Codable, Sendable {
    let path: String
    let plan: CachePlan

    /// Reads and checks a plan.
    /// - Throws: `ReadError` if there is no such file, `PlanFileError` if it holds no plan.
    init(_ path: String) throws {
        self.path = path
        let json = try readJSONInput(path)
        plan = try Self.naming(path) { () throws(PlanError) in try CachePlan(json: json) }
    }

    /// The file's name without folders and `.json`.
    var stem: String {
        let name = path.split(separator: "/").last ?? ""
        return String(name.hasSuffix(".json") ? name.dropLast(5) : name)
    }

    /// Checks that the plan was made for a run.
    /// - Throws: `PlanFileError` naming what differs.
    func validate(for run: PlanSubject, blocks: Int) throws(PlanFileError) {
        try Self.naming(path) { () throws(PlanError) in try plan.validate(for: run, blocks: blocks) }
    }

    private static func naming<Result>(
        _ path: String, _ body: () throws(PlanError) -> Result
    ) throws(PlanFileError) -> Result {
        do throws(PlanError) {
            return try body()
        } catch {
            throw PlanFileError(path: path, error: error)
        }
    }
}

/// What is wrong with a plan file, named.
struct PlanFileError: Failure {
    let path: String
    let error: PlanError

    var description: String { "\(path): \(error)" }
    var failureKind: FailureKind { error.failureKind }
}
