import CachePlanning
import Checkpoints
import Models
import Sampling
import Tensors
import TestSupport
import Testing
import Transport

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
        let side = model.configuration.sampleSize
        for (latent, picture) in zip(drawing.latents, drawing.pictures) {
            let tensor = Tensor(
                latent.map { Float(bitPattern: $0) }, shape: [model.configuration.inputChannels, side, side])
            #expect(stage.decoder?.decode(tensor).values.map(\.bitPattern) == picture)
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
