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
        Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0.description.summary) })
    }
}
extension SelectionRules.Preset: ExpressibleByArgument {}
extension SchedulerConfiguration.Kind: ExpressibleByArgument {}
extension DecodePlacement: ExpressibleByArgument {}
extension WireFormat: ExpressibleByArgument {}

extension CurvatureMeasure: ExpressibleByArgument {}
extension ReusedPart: ExpressibleByArgument {}

/// `--correction auto`, or where the noise of reuse is measured.
enum CorrectionArgument: String, ExpressibleByArgument, CaseIterable, Codable {
    case auto, none, shadow, previous
}

/// `--filter auto`, or whether what is taken off is filtered.
enum FilterArgument: String, ExpressibleByArgument, CaseIterable, Codable {
    case auto, on, off
}

/// `--vae-tiling auto`, or no tiles at all.
enum TilingArgument: String, ExpressibleByArgument, CaseIterable {
    case auto, off
}

/// `--partition 8,12,8`, or `--partition auto`.
struct PartitionArgument: ExpressibleByArgument {
    /// Blocks on each rank, where the user said.
    let blockCounts: [Int]?
    /// Whether each rank's share is to follow from its speed.
    var isMeasured: Bool { blockCounts == nil }

    init?(argument: String) {
        if argument == "auto" {
            blockCounts = nil
            return
        }
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

/// `--micro-batch auto`, or how many images travel together.
struct MicroBatchArgument: ExpressibleByArgument {
    /// As many as the user said; nil for what fills the pipeline.
    let images: Int?
    var defaultValueDescription: String { images.map(String.init) ?? "auto" }

    init() { images = nil }

    init?(argument: String) {
        let number = Int(argument)
        guard argument == "auto" || number.map({ $0 > 0 }) ?? false else { return nil }
        images = number
    }
}

/// `--quota 0.4,0.4,0.2`: of the reused steps, the shares of the early, middle and late third of a run.
struct QuotaArgument: ExpressibleByArgument {
    let argument: String
    /// Three shares from 0 to 1, not all 0; nil if that is not what was given.
    let shares: [Double]?

    init(argument: String) {
        self.argument = argument
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        let sound = parts.compactMap(\.self).filter { (0...1).contains($0) }
        shares = parts.count == 3 && sound.count == 3 && sound != [0, 0, 0] ? sound : nil
    }
}
