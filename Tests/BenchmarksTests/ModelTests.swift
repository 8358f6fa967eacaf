import Checkpoints
import Files
import Models
import Tensors
import Testing

@testable import Benchmarks

@Suite(.serialized) struct ModelTests {
    @Test(arguments: ["DiT-XL/2", "DiT-S/8", "DiT-XL/2-512", "DiT-S/8-1024", "U-ViT-L/4-512", "U-ViT-H/2"])
    func aShapeIsAWholeModel(name: String) throws {
        let shape = try #require(ModelShape(name))
        let folder = try ModelFolder(RandomModel(shape))
        #expect(folder.denoiser.text == shape.denoiser.text)
        #expect(folder.autoencoder == shape.autoencoder)
        try folder.transformerWeights.require(exactly: shape.denoiser.tensors) { _ in false }
        try folder.autoencoderWeights.require(
            exactly: AutoencoderDecoder.expectedTensors(shape.autoencoder)
        ) { _ in false }
    }

    @Test(arguments: ["", "DiT-XL", "DiT-XL/3", "DiT-M/2", "dit-xl/2", "DiT-XL/2-256"])
    func otherNamesAreNone(name: String) { #expect(ModelShape(name) == nil) }

    @Test func shapesAreThoseOfThePaper() throws {
        let large = try #require(DiTConfiguration.named("DiT-XL/2") as? DiTConfiguration)
        #expect((large.blocks, large.width, large.heads, large.tokens) == (28, 1152, 16, 256))
        #expect(try #require(ModelShape("DiT-B/4-512")).denoiser.layout.rows == 256)
        #expect(DiTConfiguration.names.count == 12)
        #expect(ModelShape.names.allSatisfy { ModelShape($0)?.name == $0 })
    }

    @Test(arguments: [1, 3, 7, 16, 1000])
    func numbersAreTheSameInPiecesOfAnySize(length: Int) throws {
        let file = randomTensors(name: "x", ["a": [5, 7], "b": [3]], seed: 1)
        let whole = try bytes(of: file, 0..<file.byteCount)
        var joined: [UInt8] = []
        for start in stride(from: 0, to: file.byteCount, by: length) {
            joined += try bytes(of: file, start..<min(start + length, file.byteCount))
        }
        #expect(joined == whole)
    }

    @Test func numbersDifferByPlaceAndSeedAndAreSmall() throws {
        func values(_ seed: UInt64) throws -> [Float] {
            let file = randomTensors(name: "x", ["a": [1000]], seed: seed)
            return try WeightArchive(file).read("a", shape: [1000]).values
        }
        let (one, two) = (try values(1), try values(2))
        #expect(Set(one).count > 990 && one != two)
        #expect(one.allSatisfy { abs($0) <= 0.035 })
        let energy = one.reduce(0) { $0 + Double($1) * Double($1) } / 1000
        #expect(abs(energy.squareRoot() - 0.02) < 0.002)
    }

    @Test func workOfTheKnownModels() throws {
        let shape = try #require(ModelShape("DiT-XL/2"))
        #expect(abs(Work.step(shape.denoiser, branches: 2) / 1e9 - 473) < 2)
        #expect(abs(Work.decode(shape.autoencoder, latent(32)) / 1e9 - 622) < 5)
    }

    @Test func tilesAreDecodedOverlapAndAll() throws {
        let autoencoder = try #require(ModelShape("DiT-XL/2-1024")).autoencoder
        let quarter = Work.decode(autoencoder, latent(64))
        #expect(Work.decode(autoencoder, latent(64), tiles: nil) == quarter)
        // (64 + 64 + 32)² of 64² pixels; but for attention, work is in proportion to them.
        let tiled = Work.decode(autoencoder, latent(128)) / quarter
        #expect(abs(tiled - 6.25) < 0.1)
        #expect(Work.decode(autoencoder, latent(128), tiles: nil) / quarter > 4)
    }

    @Test func productsAreNearlyAllOfAStep() throws {
        let shape = try #require(ModelShape("DiT-XL/2")).denoiser
        let work = MatrixProduct.all(of: shape, images: 2).reduce(0) { $0 + $1.flops * Double($1.count) }
        let share = work / Work.step(shape, branches: 2)
        #expect(share > 0.95 && share < 1)
    }

    @Test func theMatrixRateIsWeightedByWork() {
        func product(_ outputs: Int, _ count: Int) -> MatrixProduct {
            MatrixProduct(name: "", images: 1, rows: 10, inputs: 10, outputs: outputs, count: count)
        }
        // A quarter of the work at 1, the rest at 3: 4 / (1 / 1 + 3 / 3).
        #expect(matrixRate([(product(10, 1), 1), (product(10, 3), 3)]) == 2)
        #expect(matrixRate([(product(10, 1), 1), (product(30, 1), 3)]) == 2)
    }

    private func latent(_ side: Int) -> LatentShape { LatentShape(channels: 4, height: side, width: side) }

    private func bytes(of file: MemorySource, _ range: Range<Int>) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        try bytes.withUnsafeMutableBytes { try file.read(range, into: $0) }
        return bytes
    }
}
