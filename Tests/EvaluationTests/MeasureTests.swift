import Evaluation
import ImageOutput
import Testing

private struct Measured: Decodable {
    let width: Int
    let height: Int
    let a: [UInt8]
    let b: [UInt8]
    let psnr: Double
    let ssimLuma: Double
    let ssimRGB: Double
}

@Suite(.serialized) struct MeasureTests {
    @Test func agreesWithScikitImage() throws {
        for golden in try evaluationGolden("measures.json", as: [Measured].self) {
            let a = RGBImage(width: golden.width, height: golden.height, pixels: golden.a)
            let b = RGBImage(width: golden.width, height: golden.height, pixels: golden.b)
            #expect(abs(ImageMeasures.psnr(a, b) - golden.psnr) < 1e-10)
            #expect(abs(ImageMeasures.ssimLuma(a, b) - golden.ssimLuma) < 1e-10)
            #expect(abs(ImageMeasures.ssimRGB(a, b) - golden.ssimRGB) < 1e-10)
        }
    }

    @Test(arguments: [(1, 1), (5, 33), (11, 10), (64, 64)]) func identicalPicturesAreBest(
        _ width: Int, _ height: Int
    ) {
        let one = picture(width, height)
        #expect(ImageMeasures.psnr(one, one) == 100)
        #expect(abs(ImageMeasures.ssimLuma(one, one) - 1) < 1e-9)
        #expect(abs(ImageMeasures.ssimRGB(one, one) - 1) < 1e-9)
    }

    @Test(arguments: [(1, 1), (5, 33), (33, 5)]) func smallPicturesHaveASimilarity(
        _ width: Int, _ height: Int
    ) {
        let similarity = ImageMeasures.ssimRGB(picture(width, height), picture(width, height, seed: 9))
        #expect((-1..<0.999).contains(similarity))
    }

    @Test func oneLevelInOneValueIsFarFromIdentical() {
        var pixels = picture(16, 16).pixels
        pixels[100] ^= 1
        let psnr = ImageMeasures.psnr(picture(16, 16), RGBImage(width: 16, height: 16, pixels: pixels))
        #expect(abs(psnr - 76.984) < 1e-3)
    }

    @Test func relativeErrorIsTheQuotientOfNorms() {
        #expect(relativeError([3, 4], [0, 0]) == .infinity)
        #expect(relativeError([0, 0], [0, 0]) == 0)
        #expect(relativeError([3, 5, 1], [3, 1, 4]) == 5 / 26.0.squareRoot())
    }

    @Test func standardErrorIsThatOfTheMean() {
        #expect(Estimate(of: [7]) == Estimate(mean: 7, standardError: 0))
        let estimate = Estimate(of: [1, 2, 4, 5])
        #expect(estimate.mean == 3)
        #expect(abs(estimate.standardError - (10.0 / 3 / 4).squareRoot()) < 1e-15)
    }

    @Test func pairedDifferencesIgnoreWhatBothShare() {
        let difference = Estimate(pairedDifference: [10, 20, 31], [9, 18, 28])
        #expect(difference.mean == 2)
        #expect(abs(difference.standardError - (1 / 3.0).squareRoot()) < 1e-15)
    }
}
