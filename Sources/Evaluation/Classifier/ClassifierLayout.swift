import Checkpoints
import Files

/// What the tensors' shapes say of a classifier: nothing else describes it.
struct ClassifierLayout {
    static let file = "classifier.safetensors"
    private static let inputChannels = 3
    private static let stageLimit = 8
    private static let sideLimit = 1024

    let weights: WeightArchive
    /// Channels before the first stage and after each.
    let channels: [Int]
    /// Rows and columns of what the last stage leaves.
    let lastSide: Int
    let featureCount: Int
    let classCount: Int

    var stageCount: Int { channels.count - 1 }
    var pictureSide: Int { lastSide << stageCount }

    /// Reads the header of the folder's classifier, if there is one.
    /// - Throws: `.invalid` unless its tensors are exactly those of such a network.
    init?(_ files: any FileTree) throws(ReadError) {
        guard files.contains(Self.file) else { return nil }
        let weights = try WeightArchive(try files.open(Self.file))
        func extents(_ name: String, _ rank: Int) throws(ReadError) -> [Int] {
            let shape = try weights.shape(of: name)
            guard shape.count == rank, shape.allSatisfy({ $0 > 0 }) else {
                throw ReadError(
                    .invalid,
                    "\(weights.name): tensor \(name): expected \(rank) positive extents, found \(shape)")
            }
            return shape
        }

        var channels = [Self.inputChannels]
        while channels.count <= Self.stageLimit,
            weights.names.contains(Self.convolution(channels.count - 1, 0) + ".weight")
        {
            channels.append(try extents(Self.convolution(channels.count - 1, 0) + ".weight", 4)[0])
        }
        let projection = try extents("projection.weight", 2)
        let area = projection[1] / (channels.last ?? 1)
        let side = Int(Double(area).squareRoot())
        guard channels.count > 1, side <= Self.sideLimit, side * side * (channels.last ?? 1) == projection[1]
        else {
            throw ReadError(
                .invalid,
                "\(weights.name): \(channels.count - 1) stages of channels \(channels) and projection.weight "
                    + "of shape \(projection) are no classifier of square pictures")
        }
        self.weights = weights
        self.channels = channels
        lastSide = side
        featureCount = projection[0]
        classCount = try extents("classes.weight", 2)[0]
        try weights.require(exactly: expectedTensors) { _ in false }
    }

    /// The name of a stage's first (0) or second (1) convolution in an `nn.Sequential` of six.
    static func convolution(_ stage: Int, _ index: Int) -> String { "stages.\(stage).\(3 * index)" }
    /// The name of the batch normalization that follows it.
    static func normalization(_ stage: Int, _ index: Int) -> String { "stages.\(stage).\(3 * index + 1)" }

    private var expectedTensors: [String: [Int]] {
        var shapes = [
            "projection.weight": [featureCount, (channels.last ?? 0) * lastSide * lastSide],
            "projection.bias": [featureCount],
            "classes.weight": [classCount, featureCount],
            "classes.bias": [classCount],
        ]
        for stage in 0..<stageCount {
            let outputs = channels[stage + 1]
            for (index, inputs) in [channels[stage], outputs].enumerated() {
                shapes[Self.convolution(stage, index) + ".weight"] = [outputs, inputs, 3, 3]
                for part in ["weight", "bias", "running_mean", "running_var"] {
                    shapes[Self.normalization(stage, index) + "." + part] = [outputs]
                }
            }
        }
        return shapes
    }
}
