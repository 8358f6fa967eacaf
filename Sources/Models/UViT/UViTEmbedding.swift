import Engines
import Tensors

/// The rows that blocks take: of the class, of the time, and of each patch, a learned position added to each.
struct UViTEmbedding {
    private let configuration: UViTConfiguration
    private let projection: any PackedLinear
    /// [classes + 1, D] f32.
    private let labels: Tensor
    /// [2 + N, D] f32.
    private let positions: Tensor

    init(_ configuration: UViTConfiguration, _ layers: PartLayers) {
        typealias Name = UViTConfiguration.Name
        self.configuration = configuration
        projection = layers.linear(Name.patches)
        labels = layers.tensor(Name.labels)
        positions = layers.tensor(Name.positions)[0]
    }

    var byteCount: Int { projection.byteCount + labels.byteCount + positions.byteCount }

    /// A class's row, [1, D] f32.
    func labelRow(_ label: Int) -> Tensor {
        sum(labels.rows(label..<label + 1), positions.rows(0..<1))
    }

    /// The rows of a scheduler's times, [times, D] f32.
    func timeRows(_ times: [Double]) -> Tensor {
        let rows = Tensor(zeros: [times.count, configuration.width])
        for (index, time) in times.enumerated() {
            let sinusoids = TimestepFrequencies.embedding(
                time: (time + 1) * configuration.timestepScale, width: configuration.width)
            rows.rows(index..<index + 1).copy(from: sum(sinusoids, positions.rows(1..<2)))
        }
        return rows
    }

    /// - Parameters:
    ///   - latents: [M, C, H, W] f32.
    ///   - kept: [M, N, D] f32.
    func embedPatches(
        _ latents: Tensor, into kept: Tensor, _ scratch: ScratchTensors, _ engine: any Engine
    ) {
        let patches = scratch.tensor("patches", [kept.shape[0], kept.shape[1], projection.inputWidth])
        LatentPatches.cut(latents, patch: configuration.patch, into: patches)
        engine.linear(
            engine.inActivationType(patches, scratch), projection, activation: .identity, into: kept)
        let own = positions.rows(UViTConfiguration.extraRows..<positions.shape[0])
        for image in 0..<kept.shape[0] { engine.add(own, to: kept[image]) }
    }

    private func sum(_ a: Tensor, _ b: Tensor) -> Tensor {
        Tensor(zip(a.values, b.values).map(+), shape: a.shape)
    }
}

/// What a stage keeps of one class: nothing, unless it embeds.
final class PreparedRows: PreparedPrompt {
    /// The class's row [1, D] f32.
    let label: Tensor?
    /// The rows [S, D] f32 of all steps' times, which all classes share.
    let times: Tensor?

    init(label: Tensor?, times: Tensor?) {
        self.label = label
        self.times = times
    }

    var byteCount: Int { label?.byteCount ?? 0 }
}
