import Checkpoints
public import Files
import Tensors

extension FeatureStatistics {
    /// The file's name in a model's folder.
    public static let file = "classifier-statistics.safetensors"

    /// Statistics of held-out real pictures, which a model may bring beside its classifier; nil if it brings none.
    ///
    /// `classifier-statistics.safetensors` holds, in F32, `mean` [F], `covariance` [F, F] and `count` [1].
    /// - Parameter files: the model's folder.
    /// - Throws: `.invalid` if the tensors are others, not finite, or not of as many features as the classifier's.
    public init?(files: any FileTree) throws(ReadError) {
        guard let layout = try ClassifierLayout(files), files.contains(Self.file) else { return nil }
        let archive = try WeightArchive(try files.open(Self.file))
        let width = layout.featureCount
        let shapes = ["mean": [width], "covariance": [width, width], "count": [1]]
        try archive.require(exactly: shapes) { _ in false }
        var numbers: [String: [Double]] = [:]
        for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
            let values = try archive.read(name, shape: shape).values
            guard values.allSatisfy(\.isFinite) else {
                throw ReadError(.invalid, "\(archive.name): tensor \(name): holds NaN or infinity")
            }
            numbers[name] = values.map(Double.init)
        }
        let found = numbers["count"]?.first ?? 0
        guard let count = Int(exactly: found), count > 0 else {
            throw ReadError(
                .invalid, "\(archive.name): tensor count: expected a number of pictures, found \(found)")
        }
        self.init(mean: numbers["mean"] ?? [], covariance: numbers["covariance"] ?? [], count: count)
    }
}
