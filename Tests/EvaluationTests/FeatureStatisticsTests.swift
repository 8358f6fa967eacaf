import Checkpoints
import Evaluation
import Files
import Foundation
import Tensors
import Testing

private struct Compared: Decodable {
    let one: [[Float]]
    let two: [[Float]]
    let mean: [Double]
    let covariance: [Double]
    let distance: Double
}

private struct Features: Decodable { let features: [[Float]] }

@Suite(.serialized) struct FeatureStatisticsTests {
    /// The second case has fewer pictures than features, so that its covariance is singular.
    @Test func agreesWithSciPy() throws {
        for golden in try evaluationGolden("frechet.json", as: [Compared].self) {
            let (one, two) = (FeatureStatistics(of: golden.one), FeatureStatistics(of: golden.two))
            #expect(zip(one.mean, golden.mean).allSatisfy { abs($0 - $1) < 1e-12 })
            #expect(zip(one.covariance, golden.covariance).allSatisfy { abs($0 - $1) < 1e-12 })
            #expect(one.count == golden.one.count)
            for distance in [one.frechetDistance(to: two), two.frechetDistance(to: one)] {
                #expect(abs(distance - golden.distance) < 1e-5 * golden.distance)
            }
        }
    }

    @Test func aSetHasNoDistanceToItself() throws {
        let golden = try evaluationGolden("frechet.json", as: [Compared].self)
        let one = FeatureStatistics(of: golden[0].one)
        #expect(abs(one.frechetDistance(to: one)) < 1e-9)
    }

    @Test func onePictureHasNoSpread() {
        let one = FeatureStatistics(of: [[1, 2]])
        #expect(one.covariance == [0, 0, 0, 0])
        #expect(one.frechetDistance(to: FeatureStatistics(of: [[4, 6]])) == 25)
    }

    @Test func isNotANumberForSuchFeatures() {
        let broken = FeatureStatistics(of: [[.nan, 1], [2, .infinity]])
        #expect(broken.frechetDistance(to: FeatureStatistics(of: [[1, 2], [2, 3]])).isNaN)
    }

    @Test func isReadBackAsWritten() throws {
        let statistics = FeatureStatistics(of: [[1, 2.5], [0.1, -3], [2, 2]])
        let json = try JSONEncoder().encode(statistics)
        #expect(try JSONDecoder().decode(FeatureStatistics.self, from: json) == statistics)
    }

    @Test(arguments: [
        #"{"mean": [1, 2], "covariance": [1, 0, 1], "count": 5}"#,
        #"{"mean": [1], "covariance": [1], "count": 0}"#,
    ]) func refusesNumbersThatDoNotFit(_ json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(FeatureStatistics.self, from: Data(json.utf8))
        }
    }

    @Test func readsWhatTheRecipeWrites() throws {
        let files = DirectoryTree(evaluationGolden("classifier").path)
        let read = try #require(try FeatureStatistics(files: files))
        let golden = try evaluationGolden("classifier.json", as: Features.self)
        let made = FeatureStatistics(of: golden.features)
        #expect(read.count == made.count)
        #expect(zip(read.mean, made.mean).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(zip(read.covariance, made.covariance).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test func thereAreNoneWithoutTheFile() throws {
        var files = try MemoryTree.classifier(editing: "") { _ in }
        files.files["classifier-statistics.safetensors"] = nil
        #expect(try FeatureStatistics(files: files) == nil)
    }

    @Test(arguments: [
        ("mean", [7], Float.nan), ("covariance", [7, 7], .infinity), ("mean", [6], 0),
        ("covariance", [49], 1), ("count", [1], 0), ("count", [1], 2.5), ("count", [1], -3),
        ("count", [1], 1e30), ("surplus", [1], 1),
    ]) func refusesABrokenFile(_ name: String, _ shape: [Int], _ value: Float) throws {
        let files = try MemoryTree.classifier(editing: "classifier-statistics.safetensors") {
            $0[name] = Tensor(Array(repeating: value, count: shape.reduce(1, *)), shape: shape)
        }
        let error = #expect(throws: ReadError.self) { try FeatureStatistics(files: files) }
        #expect(error?.description.contains("classifier-statistics.safetensors") == true)
    }
}
