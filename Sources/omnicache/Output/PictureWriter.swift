import CachePlanning
import Checkpoints
import Files
import ImageOutput
import Models
import Sampling
import Schedulers
import Tensors

/// Takes finished images on rank 0.
protocol PictureTaker: AnyObject {
    /// Takes one image; the number is that among all that the command draws.
    /// - Throws: `WriteError`, `ImageError`, `SamplingError` for a picture that the decoder has spoilt.
    func take(_ finished: FinishedImage, number: Int, of run: RunDescription) throws
    /// Takes the final latent of an image whose picture is written already.
    func keep(_ latent: Tensor, number: Int)
    /// The file of an image's own; nil if it has none.
    func place(of number: Int) -> String?
    /// Writes what is left; returns where the pictures are.
    /// - Throws: `WriteError`, `ImageError`.
    func finish() throws -> String
}

/// Writes finished images: each at once into a folder, or all as one grid at the end.
final class PictureWriter: PictureTaker {
    private let target: OutputTarget
    private let images: [ImageRequest]
    private let model: ModelFolder
    private let columns: Int
    private var pictures: [Int: RGBImage] = [:]
    private(set) var latents: [Int: Tensor] = [:]
    private let keepsLatents: Bool
    private var text: [(key: String, value: String)] = []

    init(
        _ target: OutputTarget, images: [ImageRequest], model: ModelFolder, columns: Int, keepsLatents: Bool
    ) {
        self.target = target
        self.images = images
        self.model = model
        self.columns = columns
        self.keepsLatents = keepsLatents
    }

    func take(_ finished: FinishedImage, number: Int, of run: RunDescription) throws {
        let picture = finished.picture
        if let latent = finished.latent { keep(latent, number: number) }
        guard target.isFolder else {
            pictures[number] = picture
            if text.isEmpty { text = run.pictureText(images, model) }
            return
        }
        try WholeFile.write(
            try picture.pngBytes(text: run.pictureText([images[number]], model)),
            to: target.file(image: number, of: images.count))
    }

    func keep(_ latent: Tensor, number: Int) {
        guard keepsLatents else { return }
        let copy = Tensor(zeros: latent.shape)
        copy.copy(from: latent)
        latents[number] = copy
    }

    func place(of number: Int) -> String? {
        target.isFolder ? target.file(image: number, of: images.count) : nil
    }

    func finish() throws -> String {
        guard !target.isFolder else { return target.path }
        let ordered = pictures.sorted { $0.key < $1.key }.map(\.value)
        let grid = RGBImage.grid(ordered, columns: min(columns, ordered.count))
        try WholeFile.write(try grid.pngBytes(text: text), to: target.path)
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
}

/// This program, as its files name it.
let software = "omnicache \(omnicacheVersion)"

extension RunDescription {
    /// What a picture of some of the run's images says of itself.
    func pictureText(_ images: [ImageRequest], _ model: ModelFolder) -> [(key: String, value: String)] {
        [
            ("Software", software), ("Model", model.name),
            (
                "Label",
                images.compactMap { $0.prompt.label.map(model.labels.name(of:)) }.joined(separator: " | ")
            ),
            ("Seed", images.map { String($0.seed) }.joined(separator: " ")),
            ("Steps", String(steps)), ("Guidance", String(plan.subject.guidance)),
            ("Scheduler", scheduler.kind.rawValue),
            ("Policy", "\(plan.policy), \(plan.mask.reusedCount) of \(steps) steps reused"),
            ("Plan", plan.hash),
        ]
    }
}
