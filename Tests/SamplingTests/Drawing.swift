import Checkpoints
import ImageOutput
import Models
import RunTrace
import Sampling
import Tensors
import TestSupport
import Transport

/// What a run delivered, as bits: equal means equal to the last of them.
struct Drawing: Sendable, Equatable {
    /// [C·H·W] for each image.
    var latents: [[UInt32]]
    /// [H·W·3] for each image.
    var pictures: [[UInt8]]
}

extension TestModel {
    /// Runs this rank's part.
    /// - Parameter stage: it, if it has been loaded before.
    /// - Returns: what was delivered, on rank 0.
    /// - Throws: what the run throws, and `CheckFailure` unless each image was delivered once, on rank 0.
    func draw(
        _ run: RunDescription, on communicator: any Communicator, initialLatents: [[Float]]? = nil,
        trace: TraceRecorder? = nil, stage: LoadedStage? = nil
    ) throws -> Drawing? {
        let recorder =
            trace
            ?? TraceRecorder(
                rank: communicator.rank, hostName: communicator.hostName, stepCount: run.steps)
        let side = configuration.latents.height
        let shape = [configuration.latents.channels, side, side]
        var latents: [Int: [UInt32]] = [:]
        var pictures: [Int: [UInt8]] = [:]
        let pipeline = try PipelineStage(
            run, stage: try stage ?? self.stage(run.partition, rank: communicator.rank),
            communicator: communicator,
            trace: recorder, initialLatents: initialLatents
        ) { image in
            try checkEqual(communicator.rank, 0, "the rank that gets image \(image.image)")
            try checkEqual(image.latent?.shape, shape, "image \(image.image)'s latent")
            try checkEqual(
                [image.picture.width, image.picture.height],
                [side * autoencoder.upscale, side * autoencoder.upscale], "image \(image.image)'s picture")
            try TestSupport.check(latents[image.image] == nil, "image \(image.image) came twice")
            latents[image.image] = image.latent?.values.map(\.bitPattern)
            pictures[image.image] = image.picture.pixels
        }
        try pipeline.run()
        guard communicator.rank == 0 else { return nil }
        try checkEqual(latents.keys.sorted(), Array(run.images.indices), "images delivered")
        return Drawing(
            latents: run.images.indices.compactMap { latents[$0] },
            pictures: run.images.indices.compactMap { pictures[$0] })
    }

    /// Runs all of it on one rank, each image by itself: what every other way to run must equal.
    func drawAlone(_ run: RunDescription, initialLatents: [[Float]]? = nil) throws -> Drawing {
        var alone = run
        alone.partition = try Partition(balanced: configuration.blocks, over: 1)
        alone.batching = MicroBatching(imagesPerGroup: 1, joinsBranches: false, groupsInFlight: 1)
        guard let drawing = try draw(alone, on: SingleRank(), initialLatents: initialLatents) else {
            throw CheckFailure("a single rank drew nothing")
        }
        return drawing
    }

    /// Throws unless the run gives exactly `expected`; every rank calls it.
    func check(
        _ run: RunDescription, on communicator: any Communicator, equals expected: Drawing,
        _ what: @autoclosure () -> String
    ) throws {
        guard let drawing = try draw(run, on: communicator) else { return }
        for image in run.images.indices {
            let place = "\(what()), blocks \(run.partition.blockCounts), \(run.batching): image \(image)"
            try TestSupport.check(drawing.latents[image] == expected.latents[image], "\(place): latent")
            try TestSupport.check(drawing.pictures[image] == expected.pictures[image], "\(place): picture")
        }
    }
}
