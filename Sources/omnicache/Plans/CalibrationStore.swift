import CachePlanning
import Checkpoints
import Engines
import Files
import Foundation
import Sampling
import Schedulers

/// Calibrations of earlier runs and what was made of them, in the user's cache folder, so that each model is calibrated
/// once for its scheduler, steps and guidance.
///
/// A file is found by configurations and tensor headers, by the engine with its precision and by the build of this
/// program, as each of them may calibrate otherwise; and believed when the hash of the weights agrees. A cache that
/// cannot be read or written costs a calibration, never a run.
struct CalibrationStore {
    private struct Entry: Codable {
        var formatVersion: Int
        var modelHash: String
        var summary: CalibrationSummary
    }

    private struct ComparisonEntry: Codable {
        var formatVersion: Int
        var comparison: PlanComparison
    }

    private static let formatVersion = 4
    /// Several times what a calibration of the most steps and trajectories takes.
    private static let mostBytes = 1 << 28
    private let folder: String
    /// What every file's path begins with.
    private let path: String

    /// The place for calibrations, in `$XDG_CACHE_HOME/omnicache` or `~/.cache/omnicache`.
    init(
        fingerprint: UInt64, scheduler: SchedulerConfiguration, steps: Int, guidance: Double,
        reuseOf: ReusedPart, engine: EngineDescription
    ) {
        let environment = ProcessInfo.processInfo.environment
        let home = NSHomeDirectory()
        let base =
            environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? (home == "/" ? "" : home) + "/.cache"
        var hash = ContentHash()
        hash.add(fingerprint)
        hash.add(String(describing: scheduler))
        hash.add("\(steps) \(guidance) \(reuseOf.rawValue)")
        hash.add("\(engine.name) \(engine.precision.rawValue)")
        hash.add("\(omnicacheVersion) \(programBuild)")
        folder = base + "/omnicache"
        path = folder + "/calibration-" + hash.hexadecimal
    }

    /// What an earlier run found with so many trajectories, if it was of these weights.
    func load(trajectories: Int, modelHash: String, steps: Int) -> CalibrationSummary? {
        guard let bytes = try? readInput(summaryPath(trajectories), atMost: Self.mostBytes),
            let entry = try? JSONDecoder().decode(Entry.self, from: Data(bytes)),
            entry.formatVersion == Self.formatVersion, entry.modelHash == modelHash,
            entry.summary.steps == steps, entry.summary.trajectories == trajectories
        else { return nil }
        return entry.summary
    }

    /// How a plan was seen to stand beside plain samplers.
    func comparison(of plan: CachePlan) -> PlanComparison? {
        guard let bytes = try? readInput(comparisonPath(plan), atMost: 1 << 20),
            let entry = try? JSONDecoder().decode(ComparisonEntry.self, from: Data(bytes)),
            entry.formatVersion == Self.formatVersion
        else { return nil }
        return entry.comparison
    }

    /// Keeps how a plan stands beside plain samplers.
    /// - Returns: what went wrong, if something did.
    func save(_ comparison: PlanComparison, of plan: CachePlan) -> String? {
        do {
            try WholeFile.makeFolder(folder, mode: 0o700)
            let entry = ComparisonEntry(formatVersion: Self.formatVersion, comparison: comparison)
            try WholeFile.write(try Self.json(entry), to: comparisonPath(plan), isPrivate: true)
            return nil
        } catch {
            return Self.notKept(error)
        }
    }

    /// A plan that an earlier run found by drawing, if it is one of this policy for these weights and this sampler.
    /// - Parameter key: what it was kept as.
    func plan(_ key: String, policy: PolicyName, for subject: PlanSubject) -> CachePlan? {
        guard let bytes = try? readInput(planPath(key)), let kept = try? CachePlan(json: bytes),
            kept.policy == policy, kept.subject == subject
        else { return nil }
        return kept
    }

    /// Keeps a plan that took drawing to find.
    /// - Returns: what went wrong, if something did.
    func save(_ plan: CachePlan, as key: String) -> String? {
        do {
            try WholeFile.makeFolder(folder, mode: 0o700)
            try WholeFile.write(try plan.json(), to: planPath(key), isPrivate: true)
            return nil
        } catch {
            return Self.notKept(error)
        }
    }

    private func planPath(_ key: String) -> String {
        var hash = ContentHash()
        hash.add(key)
        return path + "-plan-" + hash.hexadecimal + ".json"
    }

    private func summaryPath(_ trajectories: Int) -> String { path + "-of-\(trajectories).json" }

    private func comparisonPath(_ plan: CachePlan) -> String { path + "-compared-" + plan.hash + ".json" }

    /// The same bytes for the same entry.
    private static func json(_ entry: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return [UInt8](try encoder.encode(entry))
    }

    private static func notKept(_ error: any Error) -> String {
        "calibrations are not kept, and each run makes its own: set XDG_CACHE_HOME=DIR to a folder that can be written "
            + "(\(error))"
    }

    /// Keeps a calibration for later runs.
    /// - Returns: what went wrong, if something did.
    func save(_ summary: CalibrationSummary, modelHash: String) -> String? {
        do {
            try WholeFile.makeFolder(folder, mode: 0o700)
            let entry = Entry(formatVersion: Self.formatVersion, modelHash: modelHash, summary: summary)
            try WholeFile.write(
                try Self.json(entry), to: summaryPath(summary.trajectories), isPrivate: true)
            return nil
        } catch {
            return Self.notKept(error)
        }
    }
}
