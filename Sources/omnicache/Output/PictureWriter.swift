import CachePlanning
import Checkpoints
import ImageOutput
import Sampling
import Schedulers
import Tensors

/// Takes finished images on rank 0 and writes them: each at once into a folder, or all as one grid at the end.
final class PictureWriter {
    private let target: OutputTarget
    private let run: RunDescription
    private let model: ModelFolder
    private let columns: Int
    private var pictures: [Int: RGBImage] = [:]
    private(set) var latents: [Int: Tensor] = [:]
    private let keepsLatents: Bool

    init(
        _ target: OutputTarget, run: RunDescription, model: ModelFolder, columns: Int, keepsLatents: Bool
    ) {
        self.target = target
        self.run = run
        self.model = model
        self.columns = columns
        self.keepsLatents = keepsLatents
    }

    /// Takes one image.
    /// - Throws: `WriteError`, `ImageError`, `SamplingError` for a picture that the decoder has spoilt.
    func take(_ finished: FinishedImage) throws {
        let picture = try finished.rgb(of: model)
        if keepsLatents {
            let copy = Tensor(zeros: finished.latent.shape)
            copy.copy(from: finished.latent)
            latents[finished.image] = copy
        }
        guard target.isFolder else {
            pictures[finished.image] = picture
            return
        }
        try WholeFile.write(
            try picture.pngBytes(text: text(of: [finished.image])),
            to: target.file(image: finished.image, of: run.images.count))
    }

    /// Writes what is left; returns where the pictures are.
    /// - Throws: `WriteError`, `ImageError`.
    func finish() throws -> String {
        guard !target.isFolder else { return target.path }
        let ordered = pictures.sorted { $0.key < $1.key }.map(\.value)
        let grid = RGBImage.grid(ordered, columns: min(columns, ordered.count))
        try WholeFile.write(try grid.pngBytes(text: text(of: Array(run.images.indices))), to: target.path)
        return target.path
    }

    /// Writes the final latents, [count, C, H, W], in the order of the images.
    /// - Throws: `WriteError`.
    func writeLatents(to path: String) throws {
        let ordered = latents.sorted { $0.key < $1.key }.map(\.value)
        guard let first = ordered.first else { return }
        let all = Tensor(zeros: [ordered.count] + first.shape)
        for (row, latent) in ordered.enumerated() { all[row].copy(from: latent) }
        try writeSafetensors([("latents", all)], metadata: ["software": software], to: path)
    }

    private var software: String { "omnicache \(omnicacheVersion)" }

    private func text(of images: [Int]) -> [(key: String, value: String)] {
        let labels = images.map { model.labels.name(of: run.images[$0].label) }
        return [
            ("Software", software), ("Model", model.name),
            ("Label", labels.joined(separator: " | ")),
            ("Seed", images.map { String(run.images[$0].seed) }.joined(separator: " ")),
            ("Steps", String(run.steps)), ("Guidance", String(run.guidance)),
            ("Scheduler", run.scheduler.kind.rawValue),
            ("Policy", "\(run.plan.policy), \(run.plan.mask.reusedCount) of \(run.steps) steps reused"),
            ("Plan", run.plan.hash),
        ]
    }
}

extension FinishedImage {
    /// The picture as it is written.
    /// - Throws: `SamplingError` for a picture that the decoder has spoilt.
    func rgb(of model: ModelFolder) throws(SamplingError) -> RGBImage {
        let pixels = picture.values
        guard pixels.allSatisfy(\.isFinite) else {
            throw SamplingError(
                .input,
                "\(model.name): the picture of image \(image) is not finite, though its latent is: the "
                    + "weights in vae/ hold NaN or infinite numbers; check the checkpoint")
        }
        return RGBImage(planes: pixels, width: picture.shape[2], height: picture.shape[1])
    }
}
