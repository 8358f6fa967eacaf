import CachePlanning
import Checkpoints
import ImageOutput
import Models
import RunTrace
import Tensors
import TestSupport
import Testing
import Transport

@testable import Sampling

@Suite(.serialized)
struct DecodingTests {
    @Test(arguments: DecodePlacement.allCases, [1, 2, 5])
    func everyImageComesOnceWhereverItIsDecoded(_ placement: DecodePlacement, images: Int) throws {
        let model = try TestModel()
        var run = try model.run(
            .of("CCR"), images: (0..<images).map { ImageRequest(label: $0 % 4, seed: UInt64($0)) })
        let expected = try model.drawAlone(run)
        run.decoding = placement
        let placed = run
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            try model.check(
                placed.over(communicator.size), on: communicator, equals: expected, "\(placement)")
        }
    }

    @Test func pictureIsWhatTheDecoderMakesOfTheLatent() throws {
        let model = try TestModel()
        let run = try model.run(.of("CC"))
        let drawing = try model.drawAlone(run)
        let stage = try model.stage(run.partition, rank: 0)
        let side = model.configuration.latents.height
        for (latent, picture) in zip(drawing.latents, drawing.pictures) {
            let tensor = Tensor(
                latent.map { Float(bitPattern: $0) }, shape: model.configuration.latents.extents)
            let planes = try #require(stage.decoder?.decode(tensor))
            let size = side * model.autoencoder.upscale
            #expect(RGBImage(planes: planes.values, width: size, height: size).pixels == picture)
        }
    }

    /// As a resumed run has them: rank 0 gives latents out, and all ranks decode.
    @Test(arguments: DecodePlacement.allCases, [1, 7])
    func latentsOfAnEarlierRunAreDecodedByAllRanks(_ placement: DecodePlacement, images: Int) throws {
        let model = try TestModel()
        var run = try model.run(
            .of("CC"), images: (0..<images).map { ImageRequest(label: $0 % 4, seed: UInt64($0)) })
        run.decoding = placement
        let (placed, expected) = (run, try model.drawAlone(run))
        let shape = [model.configuration.latents.channels] + [6, 6]
        try forEachCluster(ranks: [1, 2, 3, 4]) { communicator in
            var run = try placed.over(communicator.size)
            run.firstStep = run.steps
            let trace = TraceRecorder(
                rank: communicator.rank, hostName: communicator.hostName, stepCount: run.steps)
            var pictures: [Int: [UInt8]] = [:]
            try model.stage(run.partition, rank: communicator.rank).decode(
                run, communicator: communicator, trace: trace, returnsLatents: true
            ) { image in
                Tensor(expected.latents[image].map { Float(bitPattern: $0) }, shape: shape)
            } deliver: { finished in
                let bits = finished.latent?.values.map(\.bitPattern)
                try check(bits == expected.latents[finished.image], "latent \(finished.image)")
                try check(pictures[finished.image] == nil, "image \(finished.image) came twice")
                pictures[finished.image] = finished.picture.pixels
            }
            try checkEqual(
                trace.summary().seconds(.decode) > 0,
                placement.decodes(on: communicator.rank, images: images), "rank \(communicator.rank) decodes")
            guard communicator.rank == 0 else { return }
            for image in run.images.indices {
                try check(pictures[image] == expected.pictures[image], "picture \(image)")
            }
        }
    }

    /// A picture of each other rank, as it is written, and no latent that nobody wants.
    @Test(arguments: [2, 4], [false, true])
    func rankZeroHasRoomForAPictureOfEachRank(ranks: Int, returnsLatents: Bool) throws {
        let model = try TestModel()
        let images = (0..<40).map { ImageRequest(label: $0 % 4, seed: UInt64($0)) }
        let run = try model.run(.of("C"), images: images).over(ranks)
        let side = model.configuration.latents.height
        let latent = returnsLatents ? 4 * model.configuration.latents.channels * side * side : 0
        let pixels = 3 * side * side * model.autoencoder.upscale * model.autoencoder.upscale
        try forEachCluster(ranks: [ranks]) { communicator in
            let recorder = SendRecorder(communicator)
            let context = try StageContext(
                run: run, stage: model.stage(run.partition, rank: communicator.rank), communicator: recorder,
                trace: TraceRecorder(rank: communicator.rank, hostName: "", stepCount: run.steps),
                initialLatents: nil)
            let stage = try DecodeStage(context, returnsLatents: returnsLatents) { _ in }
            // Beside it, four latents that it will decode itself.
            let own = 4 * (Envelope.byteCount + 4 * model.configuration.latents.channels * side * side)
            if communicator.rank == 0 {
                try checkEqual(
                    recorder.postedBytes, own + (ranks - 1) * (Envelope.byteCount + latent + pixels),
                    "bytes of receives")
            }
            try stage.finish(below: 0)
            try communicator.barrier()
        }
    }

    @Test func imagesGoRoundTheRanksOrAllToTheHead() throws {
        let model = try TestModel()
        var run = try model.run(.of("C")).over(3)
        #expect((0..<5).map(run.decodingRank(of:)) == [0, 1, 2, 0, 1])
        run.decoding = .head
        #expect((0..<5).map(run.decodingRank(of:)) == [0, 0, 0, 0, 0])
    }

    /// Images of one step end faster than rank 0, which never has to wait for latents, looks for pictures:
    /// more of them are under way than sends may be.
    @Test(.timeLimit(.minutes(1)), arguments: [2, 3])
    func picturesThatPileUpDoNotStopTheRun(ranks: Int) throws {
        let model = try TestModel(TestModel.learnedSigma)
        let images = (0..<240).map { ImageRequest(label: $0 % 4, seed: UInt64($0)) }
        let run = try model.run(.of("C"), images: images, guidance: 1)
        let expected = try model.drawAlone(run)
        let batching = MicroBatching(imagesPerGroup: 1, joinsBranches: false, groupsInFlight: 2)
        try forEachCluster(ranks: [ranks]) { communicator in
            try model.check(run.over(ranks, batching), on: communicator, equals: expected, "pile")
        }
    }
}
