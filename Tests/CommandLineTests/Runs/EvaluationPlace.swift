import Foundation
import TestSupport
import Testing

/// A tiny model that brings a classifier of its pictures, with statistics, and a place to evaluate it in.
struct EvaluationPlace {
    let place: Workplace
    let model: TinyModel

    init() throws {
        place = try Workplace()
        model = try TinyModel(in: place)
        let folder = TinyModel.golden.appendingPathComponent("../evaluation/classifier")
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            try FileManager.default.copyItem(at: folder.appendingPathComponent(file), to: model.url(file))
        }
    }

    var arguments: [String] {
        [
            "evaluate", "--model", model.path, "--steps", "8", "--budget", "0.25", "0.5", "--images", "3",
            "--images-for-statistics", "7", "--output", "out/",
        ]
    }
}

/// Tests that evaluate.
protocol EvaluationSuite {
    var evaluation: EvaluationPlace { get }
}

extension EvaluationSuite {
    var place: Workplace { evaluation.place }
    var model: TinyModel { evaluation.model }

    func evaluate(_ more: [String] = [], ranks: Int = 1) async throws -> Outcome {
        try await place.omnicache(evaluation.arguments + more, ranks: ranks)
    }

    /// One policy of each kind.
    var few: [String] { ["--policy", "planned", "fora", "easycache"] }

    /// The rows of the table.
    func entries() throws -> [[String: Any]] {
        let json = try JSONSerialization.jsonObject(with: Data(try place.bytes("out/table.json")))
        return try #require((json as? [String: Any])?["entries"] as? [[String: Any]])
    }

    /// The same without what is measured by the clock.
    func numbers() throws -> [UInt8] {
        let timeless = try entries().map { entry in
            var entry = entry
            var cost = entry["cost"] as? [String: Any]
            #expect(cost?.removeValue(forKey: "seconds") is Double)
            entry["cost"] = cost
            return entry
        }
        return [UInt8](try JSONSerialization.data(withJSONObject: timeless, options: .sortedKeys))
    }
}
