import Checkpoints
import Engines
import Evaluation
import Files
import Foundation
import ImageOutput
import Tensors
import Testing

private struct Judged: Decodable {
    let pictures: [[UInt8]]
    let features: [[Float]]
    let classes: [Int]
}

@Suite(.serialized) struct ImageClassifierTests {
    @Test(arguments: [EngineChoice.auto, .openblas]) func agreesWithPyTorch(_ choice: EngineChoice) throws {
        let engine = try makeEngine(choice, precision: .f32, threads: 2)
        let files = DirectoryTree(evaluationGolden("classifier").path)
        let classifier = try #require(try ImageClassifier(files: files, engine: engine))
        #expect(classifier.pictureSide == 16)
        #expect(classifier.featureCount == 7)
        #expect(classifier.classCount == 5)
        let golden = try evaluationGolden("classifier.json", as: Judged.self)
        for (index, pixels) in golden.pictures.enumerated() {
            let judged = classifier.judge(RGBImage(width: 16, height: 16, pixels: pixels))
            #expect(judged.classIndex == golden.classes[index])
            for (value, wanted) in zip(judged.features, golden.features[index]) {
                #expect(abs(value - wanted) < 2e-5)
            }
        }
        #expect(Set(golden.classes).count > 1)
    }

    @Test func thereIsNoneInOtherFolders() throws {
        let engine = try makeEngine(.openblas, precision: .f32, threads: 1)
        #expect(try ImageClassifier(files: MemoryTree(files: [:]), engine: engine) == nil)
    }

    private func refusal(_ edit: (inout [String: Tensor]) -> Void) throws -> String {
        let engine = try makeEngine(.openblas, precision: .f32, threads: 1)
        let files = try MemoryTree.classifier(editing: "classifier.safetensors", edit)
        let error = #expect(throws: ReadError.self) {
            try ImageClassifier(files: files, engine: engine)
        }
        return error?.description ?? ""
    }

    @Test(arguments: [
        "stages.0.0.weight", "stages.1.4.running_var", "stages.2.3.weight", "projection.weight",
        "classes.bias",
    ]) func refusesAMissingTensor(_ name: String) throws {
        #expect(try refusal { $0[name] = nil }.contains("folder/classifier.safetensors"))
    }

    @Test(arguments: [
        ("stages.0.0.weight", [5, 4, 3, 3]), ("stages.0.0.weight", [0, 3, 3, 3]), ("stages.0.0.weight", []),
        ("stages.1.0.weight", [6, 5, 5, 5]), ("stages.2.1.weight", [8]), ("projection.weight", [7, 35]),
        ("projection.weight", [0, 36]), ("classes.weight", [0, 7]), ("classes.weight", [5, 6]),
        ("stages.3.0.weight", [2, 9, 3, 3]), ("surplus", [1]),
    ]) func refusesAnotherShape(_ name: String, _ shape: [Int]) throws {
        #expect(try refusal { $0[name] = Tensor(zeros: shape) }.contains("folder/classifier.safetensors"))
    }

    @Test(arguments: [
        ("stages.0.0.weight", Float.nan), ("stages.1.1.running_mean", .infinity),
        ("stages.2.4.running_var", -1), ("classes.bias", .nan), ("projection.weight", -.infinity),
    ]) func refusesNumbersThatCannotBe(_ name: String, _ value: Float) throws {
        let text = try refusal { tensors in
            guard let tensor = tensors[name] else { return }
            tensor.assign([value] + tensor.values.dropFirst())
        }
        #expect(text.contains(name))
    }

    @Test func refusesWhatIsNoSafetensorsFile() throws {
        let engine = try makeEngine(.openblas, precision: .f32, threads: 1)
        let files = MemoryTree(files: ["classifier.safetensors": [1, 2, 3]])
        #expect(throws: ReadError.self) { try ImageClassifier(files: files, engine: engine) }
    }
}
