import Evaluation
import Foundation
import ImageOutput

/// What an evaluation keeps of an image that was drawn in one way.
struct DrawnImage: Codable, Sendable {
    /// Its number.
    let image: Int
    /// Its share of the seconds of denoising.
    let seconds: Double
    /// Its computed steps, where they were decided while sampling.
    let computedSteps: Int?
    /// None of the uncached run itself, of the converged path, and of images that are only judged.
    var toUncached: PairMeasures?
    var toConverged: PairMeasures?
    var judgement: Judgement?
}

extension DrawnImage {
    /// What a file of another evaluation, or a damaged one, says that cannot be so; nil if nothing.
    /// - Parameters:
    ///   - images: of the evaluation.
    ///   - steps: of a run.
    ///   - features: numbers that the classifier makes of a picture; nil where nothing is judged.
    func contradiction(images: Int, steps: Int, features: Int?) -> String? {
        if !(0..<images).contains(image) { return "expected images 0 … \(images - 1), found \(image)" }
        if let computedSteps, !(0...steps).contains(computedSteps) {
            return "image \(image): expected 0 … \(steps) computed steps, found \(computedSteps)"
        }
        if let judgement, judgement.byteCount != features.map({ 4 * $0 }) {
            return "image \(image): expected \(features.map { "\($0) features" } ?? "no judgement"), found "
                + "\(judgement.byteCount) bytes of them"
        }
        return nil
    }
}

/// How near an image comes to a reference of the same seed.
struct PairMeasures: Codable, Sendable {
    let psnr: Double
    let ssimLuma: Double
    let ssimRGB: Double
    let latentError: Double

    init(_ sample: ImageSampler.Sample, _ reference: ImageSampler.Sample) {
        psnr = ImageMeasures.psnr(sample.picture, reference.picture)
        ssimLuma = ImageMeasures.ssimLuma(sample.picture, reference.picture)
        ssimRGB = ImageMeasures.ssimRGB(sample.picture, reference.picture)
        latentError = relativeError(sample.latent, reference.latent)
    }
}

/// What the classifier says of an image.
struct Judgement: Codable, Sendable {
    /// Whether it is of the class that was asked for.
    let isRight: Bool
    /// The features, f32, lowest byte first.
    private let bytes: Data

    init(_ picture: RGBImage, label: Int, _ classifier: ImageClassifier) {
        let judged = classifier.judge(picture)
        isRight = judged.classIndex == label
        bytes = Data(
            judged.features.flatMap { feature in
                (0..<4).map { UInt8(truncatingIfNeeded: feature.bitPattern >> (8 * $0)) }
            })
    }

    /// Of all features.
    var byteCount: Int { bytes.count }

    var features: [Float] {
        let all = [UInt8](bytes)
        return stride(from: 0, to: all.count - 3, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(all[start + $1]) << (8 * UInt32($1)) })
        }
    }
}
