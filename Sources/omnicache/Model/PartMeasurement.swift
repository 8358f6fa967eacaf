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
    _ shape: DiTConfiguration, _ options: ModelOptions, _ communicator: any Communicator
) throws -> PartCosts {
    let threads = try options.threads ?? RankModel.threadsPerRank(communicator)
    let dit = try communicator.agreeOnErrors {
        try DiT(
            shape, weights: WeightArchive(randomTensors(name: "random", DiT.expectedTensors(shape), seed: 0)),
            engine: makeEngine(options.engine, precision: options.precision, threads: threads),
            blocks: 0..<1, embedsPatches: true, hasFinalLayer: true)
    }
    let conditioning = dit.conditioning(timestep: 0, labels: [0])
    let hidden = Tensor(zeros: [1, shape.tokens, shape.width])
    let latents = Tensor(zeros: [1, shape.inputChannels, shape.sampleSize, shape.sampleSize])
    let output = Tensor(zeros: [1, shape.outputChannels, shape.sampleSize, shape.sampleSize])
    func median(of part: () -> Void) throws -> [Double] {
        try communicator.barrier()
        return try communicator.allGather(Spread(timed(for: 0.2, part)).median)
    }
    return PartCosts(
        block: try median { dit.runBlocks(hidden, conditioning) {} },
        embedding: try median { dit.embed(latents, into: hidden) },
        finalLayer: try median { dit.predict(hidden, conditioning, into: output) })
}
