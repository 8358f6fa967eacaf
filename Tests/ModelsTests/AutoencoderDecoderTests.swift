import Checkpoints
import Engines
import Files
import Models
import Tensors
import TestSupport
import Testing

@Suite(.serialized)
struct AutoencoderDecoderTests {
    @Test(arguments: AutoencoderGolden.folders, TestEngines.f32)
    func decodesWhatDiffusersDoes(folder: String, engine: String) throws {
        let golden = try AutoencoderGolden(folder)
        let decoder = try AutoencoderDecoder(
            golden.configuration, weights: golden.weights, engine: TestEngines.make(engine))
        let image = decoder.decode(golden.latent)
        #expect(image.shape == golden.image.shape)
        // f32 sums in another order than torch's, through some twenty layers.
        expectClose(image.values, golden.image.values, relative: 1e-5, folder)
    }

    @Test(arguments: AutoencoderGolden.folders)
    func namesExactlyTheTensorsThatDiffusersWrites(folder: String) throws {
        let golden = try AutoencoderGolden(folder)
        try golden.weights.require(
            exactly: AutoencoderDecoder.expectedTensors(golden.configuration),
            ignoring: AutoencoderDecoder.ignores)
    }

    @Test func onlyWhatBelongsToEncodingIsIgnored() {
        #expect(AutoencoderDecoder.ignores("encoder.conv_in.weight"))
        #expect(AutoencoderDecoder.ignores("quant_conv.bias"))
        #expect(!AutoencoderDecoder.ignores("post_quant_conv.bias"))
        #expect(!AutoencoderDecoder.ignores("decoder.conv_in.weight"))
    }

    @Test func weightsOfOtherChannelsAreAnError() throws {
        let golden = try AutoencoderGolden("vae-one-level-f32")
        var configuration = golden.configuration
        configuration.blockChannels = [6]
        #expect(throws: ReadError.self) {
            try AutoencoderDecoder(configuration, weights: golden.weights, engine: ReferenceEngine())
        }
    }

    @Test func holdsItsDecoderAndNothingElse() throws {
        let golden = try AutoencoderGolden("vae-three-levels-plain-bf16")
        let decoder = try AutoencoderDecoder(
            golden.configuration, weights: golden.weights, engine: ReferenceEngine())
        let numbers = AutoencoderDecoder.expectedTensors(golden.configuration).values
            .reduce(0) { $0 + Tensor.elementCount(of: $1) }
        #expect(decoder.weightBytes == 4 * numbers)
    }
}
