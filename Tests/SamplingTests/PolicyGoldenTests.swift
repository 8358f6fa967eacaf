import CachePlanning
import Checkpoints
import Files
import Foundation
import Models
import RunTrace
import Schedulers
import Tensors
import TestSupport
import Testing
import Transport

@testable import Sampling

/// Reuse policies beside the same worked out in PyTorch from the authors' formulas: Goldens/sampling/policies.json.
@Suite(.serialized)
struct PolicyGoldenTests {
    struct Golden: Decodable, Sendable {
        struct Image: Decodable, Sendable {
            let label: Int
            let seed: UInt64
        }
        struct Static: Decodable, Sendable, CustomTestStringConvertible {
            /// The policy and its options.
            let policy: String
            let finals: [[Float]]
            var testDescription: String { policy }
        }
        struct Dynamic: Decodable, Sendable, CustomTestStringConvertible {
            struct Way: Decodable, Sendable {
                let signals: [Double?]
                let computed: [Bool]
                let final: [Float]
            }
            let policy: String
            let threshold: Double
            let coefficients: [Double]
            let images: [Way]
            var testDescription: String { policy }
        }
        let guidance: Double
        let steps: Int
        let images: [Image]
        let uncached: [[Float]]
        let `static`: [Static]
        let dynamic: [Dynamic]
        /// [image][step].
        let magnitudes: [[Double]]

        static func read() throws -> Golden {
            try JSONDecoder().decode(Golden.self, from: Data(TestModel.tree.bytes(of: "policies.json")))
        }

        var subject: PlanSubject { .tiny(steps: steps, guidance: guidance) }

        func run(_ model: TestModel, _ plan: CachePlan) throws -> RunDescription {
            try model.run(
                plan, images: images.map { ImageRequest(label: $0.label, seed: $0.seed) },
                guidance: guidance)
        }
    }

    private func floats(_ bits: [UInt32]) -> [Float] { bits.map(Float.init(bitPattern:)) }

    @Test(arguments: try Golden.read().static)
    func modulesLeaveWhatTheFormulasSay(_ expected: Golden.Static) throws {
        let (golden, model) = (try Golden.read(), try TestModel())
        let words = expected.policy.split(separator: " ").map(String.init)
        let options = words.dropFirst().reduce(into: [String: Double]()) {
            let pair = $1.split(separator: "=")
            $0[String(pair[0])] = Double(pair[1])
        }
        let policy = try ModuleOptions(
            interval: options["interval"].map { Int($0) }, order: options["order"].map { Int($0) },
            gradient: options["gradient"]
        ).policy(#require(PolicyName(rawValue: words[0])))
        let plan = try CachePlan.make(
            policy: #require(policy), blocks: model.configuration.blocks, for: golden.subject)
        let drawn = try model.drawAlone(golden.run(model, plan)).latents
        for (image, latent) in drawn.enumerated() {
            expectClose(floats(latent), expected.finals[image], relative: 1e-4, "image \(image)")
            #expect(relativeDifference(expected.finals[image], golden.uncached[image]) > 1e-3)
        }
    }

    @Test(arguments: try Golden.read().dynamic)
    func signalsAndDecisionsAreThoseOfTheFormulas(_ expected: Golden.Dynamic) throws {
        let (golden, model) = (try Golden.read(), try TestModel())
        let name = try #require(PolicyName(rawValue: String(expected.policy.prefix { $0 != " " })))
        var rule = try #require(name.dynamicPolicy).rule(threshold: expected.threshold, steps: golden.steps)
        rule.coefficients = expected.coefficients
        let run = try golden.run(model, CachePlan.make(policy: name, rule: rule, for: golden.subject))
        var latents: [Int: [Float]] = [:]
        let stage = try PipelineStage(
            run, stage: model.stage(run.partition, rank: 0), communicator: SingleRank(),
            trace: TraceRecorder(rank: 0, hostName: "here", stepCount: run.steps)
        ) { latents[$0.image] = $0.latent?.values }
        try stage.run()
        let decided = try #require(stage.decisions)
        for (image, way) in expected.images.enumerated() {
            #expect(decided.computed[image] == way.computed, "image \(image)")
            for (step, (found, signal)) in zip(decided.signals[image], way.signals).enumerated() {
                let place: Comment = "image \(image), step \(step): \(found as Any), \(signal as Any)"
                #expect((found == nil) == (signal == nil), place)
                if let found, let signal { #expect(abs(found / signal - 1) < 1e-3, place) }
            }
            expectClose(latents[image] ?? [], way.final, relative: 1e-4, "image \(image)")
        }
    }

    /// Keeps what MagCache decides by, averaged over the two branches of guidance.
    private final class Magnitudes: GatherObserver {
        var found: [[Double]]
        let residualDepth = 2
        let watchesGrowth = true

        init(images: Int, steps: Int) {
            found = Array(repeating: [1] + Array(repeating: 0, count: steps - 1), count: images)
        }

        func probes(at step: Int, remembered: [Int]) -> [Int: [Float]]? { nil }
        func keepsResidual(of step: Int) -> Bool { true }
        func observe(
            image: Int, step: Int, latent: [Float], computed: Prediction, reused: [Int: Prediction]
        ) -> Prediction { computed }
        func observe(image: Int, step: Int, residualGrowth: Double) {
            found[image][step] += residualGrowth / 2
        }
        func observe(image: Int, finished latent: [Float]) {}
    }

    @Test func magnitudesAreThoseOfTheFormula() throws {
        let (golden, model) = (try Golden.read(), try TestModel())
        let run = try golden.run(model, .of(.allComputed(steps: golden.steps), .none))
        let context = try StageContext(
            run: run, stage: model.stage(run.partition, rank: 0), communicator: SingleRank(),
            trace: TraceRecorder(rank: 0, hostName: "here", stepCount: run.steps), initialLatents: nil)
        let seen = Magnitudes(images: golden.images.count, steps: golden.steps)
        try PipelineStage(context, decoding: nil, observer: seen).run()
        for (found, expected) in zip(seen.found.joined(), golden.magnitudes.joined()) {
            #expect(abs(found - expected) < 1e-4 * expected)
        }
        #expect(golden.magnitudes.joined().contains { abs($0 - 1) > 0.05 })
    }
}
