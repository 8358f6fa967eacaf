import Checkpoints
public import Engines
public import Files
public import ImageOutput
import Tensors

/// The judge that a model may bring: a small convolutional network which reads pictures.
///
/// Stages that halve the sides (3×3 convolution of stride 2, batch normalization, ReLU, then the same of
/// stride 1), a linear map of all positions to features, and one of the features' ReLU to classes. The file
/// `classifier.safetensors` holds the PyTorch module's `state_dict`; its shapes alone say how wide all is.
public final class ImageClassifier {
    /// Rows and columns of the pictures that it reads.
    public let pictureSide: Int
    /// Numbers in ``judge(_:)``'s features.
    public let featureCount: Int
    /// Classes that it tells apart.
    public let classCount: Int

    private let engine: any Engine
    private let stages: [ClassifierStage]
    private let projection: any PackedLinear
    private let classes: any PackedLinear

    /// Reads and packs the classifier of a model's folder; nil where it brings none.
    /// - Parameters:
    ///   - files: the model's folder.
    ///   - engine: what computes; its activation type must be f32.
    /// - Throws: `.invalid` for a file whose tensors are not those of such a network, all finite.
    public init?(files: any FileTree, engine: any Engine) throws(ReadError) {
        precondition(
            engine.activationType == .f32,
            "ImageClassifier: engine of \(engine.activationType), expected f32")
        guard let layout = try ClassifierLayout(files) else { return nil }
        pictureSide = layout.pictureSide
        featureCount = layout.featureCount
        classCount = layout.classCount
        self.engine = engine
        var stages: [ClassifierStage] = []
        for stage in 0..<layout.stageCount { stages.append(try ClassifierStage(stage, layout, engine)) }
        self.stages = stages
        let last = layout.channels.last ?? 0
        projection = try Self.linear(
            "projection", [layout.featureCount, last * layout.lastSide * layout.lastSide], layout, engine)
        classes = try Self.linear("classes", [layout.classCount, layout.featureCount], layout, engine)
    }

    /// The class of the highest score, the first of equals, and the features.
    /// - Parameter picture: of ``pictureSide`` rows and columns.
    /// - Returns: a class from 0 on, and ``featureCount`` numbers before their ReLU.
    public func judge(_ picture: RGBImage) -> (classIndex: Int, features: [Float]) {
        let side = pictureSide
        precondition(
            picture.width == side && picture.height == side,
            "ImageClassifier: a picture of \(picture.width)×\(picture.height), expected \(side)×\(side)")
        // 0 … 255 becomes −1 … 1.
        var x = Tensor(picture.pixels.map { Float($0) / 127.5 - 1 }, shape: [side, side, 3])
        for stage in stages { x = stage.apply(x, engine) }
        // torch flattens planes.
        let (area, channels) = (x.shape[0] * x.shape[1], x.shape[2])
        let planes = Tensor(zeros: [channels, area])
        engine.transpose(x.reshaped([area, channels]), into: planes)
        let features = apply(projection, to: planes.values)
        let scores = apply(classes, to: features.map { max(0, $0) })
        var best = 0
        for (index, score) in scores.enumerated() where score > scores[best] { best = index }
        return (best, features)
    }

    private func apply(_ layer: any PackedLinear, to row: [Float]) -> [Float] {
        let y = Tensor(zeros: [1, 1, layer.outputWidth])
        engine.linear(Tensor(row, shape: [1, 1, row.count]), layer, activation: .identity, into: y)
        return y.values
    }

    private static func linear(
        _ name: String, _ shape: [Int], _ layout: ClassifierLayout, _ engine: any Engine
    ) throws(ReadError) -> any PackedLinear {
        engine.pack(
            weight: try layout.finite(name + ".weight", shape: shape),
            bias: try layout.finite(name + ".bias", shape: [shape[0]]))
    }
}
