import CachePlanning
import Checkpoints
import Engines
import Files
import Foundation
import Models
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

    /// From Tests/Goldens/sampling/builtin.json, with every engine; the bound in bf16 is that of its 8 bits.
    @Test(arguments: EngineCase.available)
    func theBuiltInModelDrawsWhatDiffusersDraws(_ engine: EngineCase) throws {
        struct Drawn: Decodable {
            let steps: Int
            let guidance: Double
            let firstSeed: UInt64
            let classes: [Int]
            let finals: [[Float]]
        }
        let expected = try JSONDecoder().decode(
            Drawn.self, from: Data(TestModel.tree.bytes(of: "builtin.json")))
        var model = try TestModel.builtin()
        model.engine = engine
        let run = try model.run(
            .of(.allComputed(steps: expected.steps), .none),
            images: expected.classes.enumerated().map {
                ImageRequest(label: $1, seed: expected.firstSeed + UInt64($0))
            }, guidance: expected.guidance, scheduler: TestModel.builtinFolder().scheduler)
        for (latents, final) in zip(try model.drawAlone(run).latents, expected.finals) {
            expectClose(
                latents.map(Float.init(bitPattern:)), final,
                relative: engine.precision == .f32 ? 1e-5 : 0.03, "\(engine.testDescription)")
        }
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
