import Benchmarks
import Checkpoints
import Engines
import Models
import Sampling
import Tensors
import Transport

/// Measures parts of the model on all ranks, all computing at once, as they will; with random weights, since a rank may
/// have no others yet.
/// - Returns: what they take, on every rank.
/// - Throws: `RanksFailed`, alike on all ranks.
func measureParts(
    _ shape: any DenoiserConfiguration, _ options: ModelOptions, _ communicator: any Communicator
) throws -> PartCosts {
    let threads = try options.threads ?? RankModel.threadsPerRank(communicator)
    let engine = try communicator.agreeOnErrors {
        try makeEngine(options.engine, precision: options.precision, threads: threads)
    }
    let denoiser = try communicator.agreeOnErrors {
        let weights = try WeightArchive(randomTensors(name: "random", shape.tensors, seed: 0))
        return try shape.denoiser(
            ModelShare(blocks: 0..<1, embeds: true, predicts: true), weights, engine, afterEach: {})
    }
    let parts = try communicator.agreeOnErrors { try MeasuredBlocks(denoiser, images: 1) }
    func median(of part: () -> Void) throws -> [Double] {
        try communicator.barrier()
        return try communicator.allGather(Spread(timed(for: 0.2, part)).median)
    }
    return PartCosts(
        block: try median { parts.run() }, embedding: try median { parts.embed() },
        finalLayer: try median { parts.predict() })
}
