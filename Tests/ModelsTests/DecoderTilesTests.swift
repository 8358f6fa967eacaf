import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

@Suite(.serialized)
struct DecoderTilesTests {
    private static let folder = "vae-two-levels-f16"

    @Test(arguments: TestEngines.f32)
    func drawsWhatDiffusersDoesInTiles(engine: String) throws {
        let golden = try AutoencoderGolden(Self.folder, "tiled.json")
        let decoder = try AutoencoderDecoder(
            golden.configuration, weights: golden.weights, engine: TestEngines.make(engine),
            tiles: DecoderTiles(side: 8))
        let picture = decoder.decode(golden.latent)
        #expect(picture.shape == golden.image.shape)
        expectClose(picture.values, golden.image.values, relative: 1e-5, engine)
    }

    @Test func latentsUpToATileAreDecodedWhole() throws {
        let golden = try AutoencoderGolden(Self.folder)
        let whole = try AutoencoderDecoder(
            golden.configuration, weights: golden.weights, engine: TestEngines.make("openblas"), tiles: nil)
        let tiled = try AutoencoderDecoder(
            golden.configuration, weights: golden.weights, engine: TestEngines.make("openblas"),
            tiles: DecoderTiles(side: 8))
        #expect(tiled.decode(golden.latent).values == whole.decode(golden.latent).values)
    }

    @Test(arguments: [1, 2, 3])
    func anyNumberOfThreadsDrawsTheSameTiles(threads: Int) throws {
        let golden = try AutoencoderGolden(Self.folder, "tiled.json")
        func picture(threads: Int) throws -> [Float] {
            try AutoencoderDecoder(
                golden.configuration, weights: golden.weights,
                engine: TestEngines.make("openblas", threads: threads), tiles: DecoderTiles(side: 8)
            ).decode(golden.latent).values
        }
        #expect(try picture(threads: threads) == picture(threads: 4))
    }

    @Test(arguments: [(64, 1), (65, 4), (96, 4), (128, 9), (512, 121)])
    func tilesCoverALatent(side: Int, count: Int) {
        #expect(DecoderTiles.standard.count(height: side, width: side) == count)
    }

    @Test func lowAndWideLatentsAreCutToo() {
        #expect(DecoderTiles(side: 8).count(height: 4, width: 20) == 4)
    }
}
