import CachePlanning
import Checkpoints
import Models
import Sampling
import Schedulers

@testable import Benchmarks

/// A small transformer of 12 blocks.
let transformer = DiTConfiguration(
    heads: 2, headWidth: 4, blocks: 12, patch: 2, inputChannels: 4, outputChannels: 4, sampleSize: 8,
    classes: 10)

/// A model in which a block costs a second, and nothing else anything.
func model(_ costs: RunCosts = RunCosts(blockSeconds: [1]), links: LinkCosts = .free) -> ScalingModel {
    ScalingModel(
        costs: costs, links: LinkTable(links), denoiser: transformer,
        autoencoder: AutoencoderConfiguration())
}

/// A run of so many images and steps.
/// - Parameters:
///   - parts: micro-batches of an image: 2 with the branches apart, 1 joined.
///   - reuse: the share of the steps that is reused.
///   - reused: what stands in for the blocks there.
func run(
    images: Int, steps: Int, ranks: Int, parts: Int = 2, reuse: Double = 0, of reused: ReusedPart = .residual,
    cut: [Int]? = nil, decoding: DecodePlacement = .spread
) throws -> RunDescription {
    let subject = PlanSubject(steps: steps, scheduler: "ddim", guidance: 4, modelHash: "")
    return RunDescription(
        images: (0..<images).map { ImageRequest(label: 0, seed: UInt64($0)) }, guidance: Guidance(scale: 4),
        scheduler: SchedulerConfiguration(.ddim),
        plan: try .make(
            policy: reuse > 0 ? .uniform : .none, rules: SelectionRules(reuseFraction: reuse),
            reuseOf: reused, for: subject, calibration: nil),
        partition: try cut.map { try Partition($0, blocks: $0.reduce(0, +), ranks: ranks) }
            ?? Partition(balanced: 12, over: ranks),
        batching: MicroBatching(imagesPerGroup: 1, joinsBranches: parts == 1, groupsInFlight: images),
        decoding: decoding)
}
