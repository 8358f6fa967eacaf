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

    private static let formatVersion = 3
    /// Several times what a calibration of the most steps and trajectories takes.
    private static let mostBytes = 1 << 28
    private let path: String

    /// The place for a calibration, in `$XDG_CACHE_HOME/omnicache` or `~/.cache/omnicache`.
    init(fingerprint: UInt64, scheduler: SchedulerConfiguration, steps: Int, guidance: Double) {
        let environment = ProcessInfo.processInfo.environment
        let base =
            environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? NSHomeDirectory() + "/.cache"
        var hash = ContentHash()
        hash.add(fingerprint)
        hash.add(String(describing: scheduler))
        hash.add("\(steps) \(guidance)")
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

    /// The plan with the best forecast that an earlier run found for the same mask and calibration.
    func forecast(for plan: CachePlan) -> CachePlan? {
        guard let bytes = try? readInput(forecastPath(plan)),
            let kept = try? CachePlan(json: bytes), kept.policy == plan.policy,
            kept.subject == plan.subject, kept.mask.reusedCount == plan.mask.reusedCount,
            kept.calibration == plan.calibration
        else { return nil }
        return kept
    }

    /// Keeps a plan with its best forecast for later runs.
    /// - Returns: what went wrong, if something did.
    func save(forecast best: CachePlan, of plan: CachePlan) -> String? {
        do {
            try createFolder()
            try WholeFile.write(try best.json(), to: forecastPath(plan), isPrivate: true)
            return nil
        } catch {
            return "the plan is not kept for later runs: \(error)"
        }
    }

    private func forecastPath(_ plan: CachePlan) -> String {
        var hash = ContentHash()
        hash.add(plan.policy.rawValue)
        hash.add(String(plan.mask.computed.map { $0 ? "C" : "R" as Character }))
        hash.add("\(plan.calibration.trajectories)")
        return path.dropLast(".json".count) + "-forecast-" + hash.hexadecimal + ".json"
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
