import CachePlanning
import Checkpoints
import ImageOutput
import Models
import RunTrace
import Sampling
import Tensors
import Transport

/// Draws images on this rank alone, which holds the whole model.
struct ImageSampler {
    /// An image that was drawn.
    struct Sample {
        /// The final latent, [C·H·W].
        let latent: [Float]
        let picture: RGBImage
        /// Its share of the seconds of denoising.
        let seconds: Double
        /// Its computed steps, where they were decided while sampling.
        let computedSteps: Int?
    }

    let model: RankModel
    let guidance: Double

    /// Bytes of a picture's pixels.
    var pictureByteCount: Int {
        let side = model.opened.folder.pictureSize.width
        return 3 * side * side
    }

    /// Draws some images in one way.
    /// - Parameter progress: called with the number of images done, in part.
    func draw(
        _ images: [ImageRequest], _ way: SamplingWay, progress: (Double) -> Void
    ) throws -> [Sample] {
        guard !images.isEmpty else { return [] }
        let folder = model.opened.folder
        let run = RunDescription(
            images: images, guidance: folder.denoiser.guidance(scale: guidance), scheduler: way.scheduler,
            plan: way.plan,
            partition: model.opened.partition,
            batching: MicroBatching(images: images.count, tokens: folder.denoiser.layout.rows, ranks: 1))
        let pipeline = model.pipeline
        let trace = TraceRecorder(rank: 0, hostName: pipeline.hostName, stepCount: way.plan.steps)
        var finished: [Int: (latent: [Float], picture: RGBImage)] = [:]
        let stage = try PipelineStage(run, stage: model.stage, communicator: pipeline, trace: trace) {
            finished[$0.image] = ($0.latent?.values ?? [], $0.picture)
        }
        try stage.run { progress(Double(images.count * $0) / Double($1)) }
        let seconds = stage.denoiseSeconds / Double(images.count)
        let computed = stage.decisions?.computedSteps
        return finished.sorted { $0.key < $1.key }.map {
            Sample(
                latent: $0.value.latent, picture: $0.value.picture, seconds: seconds,
                computedSteps: computed?[$0.key])
        }
    }
}
