import CachePlanning
import Checkpoints
import Foundation
import Sampling
import Schedulers
import TestSupport
import Testing

/// Whole runs beside diffusers', from Tests/Goldens/sampling/samples.json.
@Suite(.serialized)
struct DiffusersTests {
    struct Sample: Decodable, Sendable, CustomTestStringConvertible {
        struct Settings: Decodable, Sendable {
            var eta: Double?
            var variance: SchedulerConfiguration.Variance?
        }
        let name: String
        let model: String
        let kind: SchedulerConfiguration.Kind
        let settings: Settings
        let steps: Int
        let guidance: Double
        let firstSeed: UInt64
        let classes: [Int]
        let initial: [Float]
        let final: [Float]

        var testDescription: String { name }

        static func all() throws -> [Sample] {
            struct File: Decodable { let cases: [Sample] }
            return try JSONDecoder().decode(
                File.self, from: Data(TestModel.tree.bytes(of: "samples.json"))
            ).cases
        }

        func run(_ model: TestModel) throws -> RunDescription {
            try model.run(
                .of(.allComputed(steps: steps), .none),
                images: classes.enumerated().map {
                    ImageRequest(label: $1, seed: firstSeed + UInt64($0))
                },
                guidance: guidance,
                scheduler: .unclipped(
                    kind, eta: settings.eta ?? 0, variance: settings.variance ?? .fixedSmall))
        }
    }

    @Test(arguments: try Sample.all())
    func latentsAreThoseOfDiffusers(_ sample: Sample) throws {
        let model = try TestModel(sample.model)
        let drawing = try model.drawAlone(sample.run(model))
        let latents = drawing.latents.joined().map { Float(bitPattern: $0) }
        expectClose(latents, sample.final, relative: 1e-4, sample.name)
    }

    @Test(arguments: try Sample.all())
    func initialLatentsAreThoseOfItsGenerator(_ sample: Sample) throws {
        let model = try TestModel(sample.model)
        let count = sample.initial.count / sample.classes.count
        let given = (0..<sample.classes.count).map { image in
            Array(sample.initial[image * count..<(image + 1) * count])
        }
        for (image, latent) in given.enumerated() {
            var generator = TorchGenerator(seed: sample.firstSeed + UInt64(image))
            expectClose(generator.normals(count), latent, relative: 1e-6, "image \(image)")
        }
        // From diffusers' own numbers, too, whose last digits may differ.
        let drawing = try model.drawAlone(sample.run(model), initialLatents: given)
        let latents = drawing.latents.joined().map { Float(bitPattern: $0) }
        expectClose(latents, sample.final, relative: 1e-4, sample.name)
    }
}
