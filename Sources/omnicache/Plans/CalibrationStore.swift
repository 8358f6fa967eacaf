import CachePlanning
import Checkpoints
import Foundation
import Sampling
import Schedulers

/// Calibrations of earlier runs, in the user's cache folder, so that each model is calibrated once for its
/// scheduler, steps and guidance.
///
/// A file is found by configurations and tensor headers, before weights are read, and believed when the hash of
/// the weights agrees. A cache that cannot be read or written costs a calibration, never a run.
struct CalibrationStore {
    private struct Entry: Codable {
        var formatVersion: Int
        var modelHash: String
        var summary: CalibrationSummary
    }

    private static let formatVersion = 4
    /// Several times what a calibration of the most steps and trajectories takes.
    private static let mostBytes = 1 << 28
    private let path: String

    /// The place for a calibration, in `$XDG_CACHE_HOME/omnicache` or `~/.cache/omnicache`.
    init(
        fingerprint: UInt64, scheduler: SchedulerConfiguration, steps: Int, guidance: Double,
        reuseOf: ReusedPart
    ) {
        let environment = ProcessInfo.processInfo.environment
        let base =
            environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? NSHomeDirectory() + "/.cache"
        var hash = ContentHash()
        hash.add(fingerprint)
        hash.add(String(describing: scheduler))
        hash.add("\(steps) \(guidance) \(reuseOf.rawValue)")
        path = base + "/omnicache/calibration-" + hash.hexadecimal + ".json"
    }

    /// What an earlier run found, if it was of these weights.
    func load(modelHash: String, steps: Int) -> CalibrationSummary? {
        guard let bytes = try? readInput(path, atMost: Self.mostBytes),
            let entry = try? JSONDecoder().decode(Entry.self, from: Data(bytes)),
            entry.formatVersion == Self.formatVersion, entry.modelHash == modelHash,
            entry.summary.steps == steps, entry.summary.trajectories > 0
        else { return nil }
        return entry.summary
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
            try createFolder()
            try WholeFile.write(try plan.json(), to: planPath(key), isPrivate: true)
            return nil
        } catch {
            return "the plan is not kept for later runs: \(error)"
        }
    }

    private func planPath(_ key: String) -> String {
        var hash = ContentHash()
        hash.add(key)
        return path.dropLast(".json".count) + "-plan-" + hash.hexadecimal + ".json"
    }

    private func createFolder() throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Keeps a calibration for later runs, unless there is one of more trajectories.
    /// - Returns: what went wrong, if something did.
    func save(_ summary: CalibrationSummary, modelHash: String) -> String? {
        if let kept = load(modelHash: modelHash, steps: summary.steps),
            kept.trajectories > summary.trajectories
        {
            return nil
        }
        do {
            try createFolder()
            let entry = Entry(formatVersion: Self.formatVersion, modelHash: modelHash, summary: summary)
            try WholeFile.write(Array(try JSONEncoder().encode(entry)), to: path, isPrivate: true)
            return nil
        } catch {
            return "the calibration is not kept for later runs: \(error)"
        }
    }
}
