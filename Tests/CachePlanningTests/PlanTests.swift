import CachePlanning
import Failures
import Foundation
import Testing

@Suite(.serialized)
struct PlanTests {
    private func plan(steps: Int = 10, guidance: Double = 2.5) throws -> CachePlan {
        try CachePlan.make(
            policy: .planned, rules: .init(preset: .slow), correction: .fixed(.shadow, filtered: true),
            for: PlanSubject(steps: steps, scheduler: "ddim", guidance: guidance, modelHash: "00ff"),
            calibration: syntheticSummary(steps: steps), seed: 40)
    }

    private func object(_ plan: CachePlan) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(plan.json())) as? [String: Any])
    }

    @Test func theSameInputsMakeTheSameBytes() throws {
        #expect(try plan() == plan())
        #expect(try plan().json() == plan().json())
        #expect(try plan().hash == plan().hash)
    }

    @Test(arguments: PolicyName.choosingSteps)
    func survivesJSON(_ policy: PolicyName) throws {
        let plan = try CachePlan.make(
            policy: policy, rules: .init(preset: .fast), for: subject(steps: 20),
            calibration: syntheticSummary(steps: 20), seed: .max)
        let read = try CachePlan(json: plan.json())
        #expect(read == plan)
        #expect(read.hash == plan.hash)
        #expect(try read.json() == plan.json())
    }

    @Test func whatIsReusedSurvivesJSON() throws {
        let residual = try CachePlan.make(
            policy: .uniform, rules: .init(preset: .slow), for: subject(steps: 12), calibration: nil)
        let modules = try CachePlan.make(
            policy: .uniform, rules: .init(preset: .slow), reuseOf: .modules, for: subject(steps: 12),
            calibration: nil)
        #expect(try object(residual)["reuseOf"] == nil && object(modules)["reuseOf"] as? String == "modules")
        #expect(try CachePlan(json: modules.json()) == modules)
        #expect(modules.hash != residual.hash && modules.mask == residual.mask)
        #expect(throws: PlanError.self) {
            try CachePlan.make(
                policy: .magcache, rules: .init(preset: .slow), reuseOf: .modules, for: subject(steps: 12),
                calibration: nil)
        }
    }

    @Test func hasTheKeysOfTheFormat() throws {
        let object = try object(plan())
        #expect(
            Set(object.keys) == [
                "formatVersion", "policy", "steps", "scheduler", "guidance", "modelHash", "mask", "scores",
                "gamma",
                "filter", "correction", "expectedError", "predictedError", "predictedSpread", "calibration",
                "forecastOrder",
            ])
        #expect(object["formatVersion"] as? Int == 2)
        #expect(object["policy"] as? String == "planned")
        #expect(object["correction"] as? String == "shadow")
        #expect((object["mask"] as? [Bool])?.count == 10)
        #expect((object["calibration"] as? [String: Int]) == ["trajectories": 2, "seed": 40])
    }

    @Test func plansNeedNoCalibrationWhereThePolicyNeedsNone() throws {
        let plan = try CachePlan.make(
            policy: .uniform, rules: .init(preset: .fast), for: subject(steps: 50), calibration: nil)
        #expect(plan.mask.reusedCount == 30)
        #expect(plan.correction == .none(steps: 50))
        #expect(plan.calibration.trajectories == 0)
    }

    @Test func noneComputesEveryStep() throws {
        let plan = try CachePlan.make(
            policy: .none, rules: .init(preset: .fast), for: subject(steps: 5), calibration: nil)
        #expect(plan.mask == .allComputed(steps: 5))
        #expect((0..<5).allSatisfy { !plan.needsNoise(at: $0) })
    }

    @Test func shadowPassesRunWhereACorrectionFollows() throws {
        let plan = try plan()
        let before = plan.mask.runs.map { $0.lowerBound - 1 }
        #expect((0..<10).filter { plan.needsShadowPass(at: $0) } == before)
    }

    @Test func differentContentHasDifferentHashes() throws {
        let plans = try [plan(), plan(steps: 11), plan(guidance: 2.6)]
        #expect(Set(plans.map(\.hash)).count == 3)
        #expect(plans.allSatisfy { $0.hash.count == 16 && $0.hash.allSatisfy(\.isHexDigit) })
    }

    @Test(arguments: [
        (
            PlanSubject(steps: 9, scheduler: "ddim", guidance: 2.5, modelHash: "00ff"),
            "steps: made for 10, but this run has 9"
        ),
        (
            PlanSubject(steps: 10, scheduler: "ddpm", guidance: 2.5, modelHash: "00ff"),
            "scheduler: made for ddim, but this run has ddpm"
        ),
        (
            PlanSubject(steps: 10, scheduler: "ddim", guidance: 4, modelHash: "00ff"),
            "guidance: made for 2.5, but this run has 4.0"
        ),
        (
            PlanSubject(steps: 10, scheduler: "ddim", guidance: 2.5, modelHash: "beef"),
            "model hash: made for 00ff, but this run has beef"
        ),
    ])
    func aPlanForAnotherRunNamesWhatDiffers(run: PlanSubject, message: String) throws {
        let plan = try plan()
        #expect(throws: Never.self) { try plan.validate(for: plan.subject, blocks: 12) }
        #expect {
            try plan.validate(for: run, blocks: 12)
        } throws: { error in
            let error = error as? PlanError
            return error?.failureKind == .invalidInput && error?.description.contains(message) == true
        }
    }

    @Test func calibrationOfOtherStepsIsRefused() throws {
        #expect {
            try CachePlan.make(
                policy: .planned, rules: .init(preset: .slow), for: subject(steps: 20),
                calibration: syntheticSummary(steps: 10))
        } throws: { ($0 as? PlanError)?.description.contains("expected 20, found 10") == true }
    }
}
