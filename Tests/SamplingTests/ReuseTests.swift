import CachePlanning
import Checkpoints
import Sampling
import TestSupport
import Testing

/// What a reused step is, told by what it equals and what it does not.
@Suite(.serialized)
struct ReuseTests {
    @Test func planThatReusesNothingDrawsWhatNoneDoes() throws {
        let model = try TestModel()
        let rules = SelectionRules(reuseFraction: 0)
        let drawings = try [PolicyName.none, .uniform, .late].map { policy in
            let plan = try CachePlan.make(
                policy: policy, rules: rules, for: .tiny(steps: 5), calibration: nil)
            return try model.drawAlone(model.run(plan))
        }
        #expect(drawings[1] == drawings[0])
        #expect(drawings[2] == drawings[0])
    }

    @Test(arguments: ["CCRCC", "CCCCR", "CRCCC"])
    func reusedStepIsNotAComputedOne(_ mask: String) throws {
        let model = try TestModel()
        let computed = try model.drawAlone(model.run(.of("CCCCC")))
        let reused = try model.drawAlone(model.run(.of(mask)))
        for image in computed.latents.indices { #expect(reused.latents[image] != computed.latents[image]) }
    }

    @Test func masksOfEqualBudgetDiffer() throws {
        let model = try TestModel()
        #expect(try model.drawAlone(model.run(.of("CCRCC"))) != model.drawAlone(model.run(.of("CCCRC"))))
    }

    @Test(arguments: [CorrectionSource.shadow, .previousOutput], [true, false])
    func correctionOfNoSizeIsPlainReuse(_ source: CorrectionSource, filtered: Bool) throws {
        let model = try TestModel()
        let plain = try model.drawAlone(model.run(.of("CCRCRRC")))
        let nothing = try model.drawAlone(model.run(.of("CCRCRRC", source, gamma: 0, filtered: filtered)))
        #expect(nothing == plain)
        let some = try model.drawAlone(model.run(.of("CCRCRRC", source, gamma: 0.3, filtered: filtered)))
        #expect(some != plain)
    }

    @Test func sourcesAndFilterOfACorrectionDiffer() throws {
        let model = try TestModel()
        var drawings: [Drawing] = []
        for source in [CorrectionSource.shadow, .previousOutput] {
            for filtered in [true, false] {
                drawings.append(
                    try model.drawAlone(model.run(.of("CCRCRRC", source, gamma: 0.3, filtered: filtered))))
            }
        }
        for (index, drawing) in drawings.enumerated() {
            #expect(!drawings[..<index].contains(drawing))
        }
    }

    /// With gates of 0 the blocks add nothing, so that there is nothing for reuse to get wrong.
    @Test func reuseOfBlocksThatDoNothingIsExact() throws {
        let model = try TestModel(editing: { file in
            for name in file.names where name.contains("norm1.linear") { try file.fill(name, with: 0) }
        })
        let computed = try model.drawAlone(model.run(.of("CCCCC")))
        #expect(try model.drawAlone(model.run(.of("CRRRR"))) == computed)
        #expect(try model.drawAlone(model.run(.of("CCRCR", .shadow, gamma: 0.7))) == computed)
        #expect(computed != (try TestModel().drawAlone(model.run(.of("CCCCC")))))
    }

    @Test func outputsAreScaledAtEveryStep() throws {
        let model = try TestModel()
        for mask in ["CCCC", "CCRC"] {
            let plain = try CachePlan.of(mask)
            let expected = try model.drawAlone(model.run(plain))
            #expect(try model.drawAlone(model.run(plain.scalingOutputs(by: 1))) == expected)
            #expect(try model.drawAlone(model.run(plain.scalingOutputs(by: 1.036))) != expected)
        }
        #expect(throws: PlanError.self) { try CachePlan.of("CC").scalingOutputs(by: .nan) }
    }

    /// Of one step: x' = a·x + b·ε, so that half the scale comes half as far as the whole.
    @Test func scaleMultipliesThePrediction() throws {
        let model = try TestModel()
        func latent(_ scale: Double) throws -> [Float] {
            try model.drawAlone(model.run(.of("C").scalingOutputs(by: scale))).latents[0].map {
                Float(bitPattern: $0)
            }
        }
        let (half, whole, double) = (try latent(0.5), try latent(1), try latent(2))
        for index in whole.indices {
            let expected = half[index] + (whole[index] - half[index]) * 3
            #expect(abs(double[index] - expected) <= 1e-4 * max(1, abs(expected)))
        }
    }
}
