import ArgumentParser
import CachePlanning
import Engines
import Sampling
import Schedulers

// The modules' own choices as arguments: named as they print, refused with the list of what there is.

extension EngineChoice: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension PolicyName: ExpressibleByArgument {
    /// What each policy does, for the help.
    public static var allValueDescriptions: [String: String] {
        Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0.summary) })
    }
}
extension SelectionRules.Preset: ExpressibleByArgument {}
extension SchedulerConfiguration.Kind: ExpressibleByArgument {}
extension DecodePlacement: ExpressibleByArgument {}

/// `--score error`, or a measure of curvature.
enum ScoreArgument: String, ExpressibleByArgument, CaseIterable, Codable {
    case error, turn, menger, frenet

    var score: PlanScore { CurvatureMeasure(rawValue: rawValue).map { .curvature($0) } ?? .error }
}

/// `--correction auto`, or where the noise of reuse is measured.
enum CorrectionArgument: String, ExpressibleByArgument, CaseIterable, Codable {
    case auto, none, shadow, previous
}

/// `--filter auto`, or whether what is taken off is filtered.
enum FilterArgument: String, ExpressibleByArgument, CaseIterable, Codable {
    case auto, on, off
}

/// `--partition 8,12,8`.
struct PartitionArgument: ExpressibleByArgument {
    let blockCounts: [Int]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard !parts.isEmpty else { return nil }
        var counts: [Int] = []
        for part in parts {
            guard let part else { return nil }
            counts.append(part)
        }
        blockCounts = counts
    }
}
