import Failures
import Testing

@testable import CachePlanning

extension PolicyName {
    static let choosingSteps = allCases.filter { !$0.choosesModules && $0.dynamicPolicy == nil }
}

@Suite(.serialized)
struct PolicyTests {
    @Test(arguments: PolicyName.choosingSteps, [1, 2, 5, 20, 37])
    func everyPolicyKeepsTheRules(name: PolicyName, steps: Int) throws {
        let rules = SelectionRules(reuseFraction: 0.4)
        let selection = try #require(name.policy()).select(
            steps: steps, rules: rules, calibration: syntheticSummary(steps: steps))
        #expect(keeps(selection.mask, rules))
        #expect(selection.mask.reusedCount == (name == .none ? 0 : rules.budget(steps: steps)))
        #expect(selection.scores.count == steps && selection.scores.allSatisfy(\.isFinite))
    }

    @Test func namesLeadToTheirDynamicPolicies() {
        for name in PolicyName.allCases where name.kind == .dynamic {
            #expect(name.dynamicPolicy?.name == name)
        }
        #expect(PolicyName.allCases.filter { $0.dynamicPolicy?.fitsPolynomial == true } == [.teacache])
    }

    /// Each option is of some policy, and each policy says what it does.
    @Test func descriptionsAreWhole() {
        let descriptions = PolicyName.allCases.map(\.description)
        #expect(Set(descriptions.map(\.summary)).count == descriptions.count)
        #expect(Set(descriptions.flatMap(\.options)) == Set(PolicyOption.allCases))
    }

    @Test func optionsOfOtherPoliciesAreNamed() {
        #expect(ModuleOptions(interval: 3).problem(with: .goc) == nil)
        #expect(ModuleOptions(threshold: 1).problem(with: .teacache) == nil)
        #expect(
            ModuleOptions(gradient: 1).problem(with: .fora)
                == "gradient is of the policies goc, but the policy is fora")
    }

    @Test(arguments: PolicyName.choosingSteps)
    func namesLeadToTheirPolicies(name: PolicyName) {
        #expect(name.policy()?.name == name)
    }

    @Test(arguments: PolicyName.choosingSteps)
    func onlyScoresOfTheTrajectoryNeedCalibration(name: PolicyName) {
        let select = {
            try #require(name.policy()).select(steps: 20, rules: .init(preset: .slow), calibration: nil)
        }
        if name.needsCalibration {
            #expect { try select() } throws: {
                ($0 as? PlanError)?.description.contains(name.rawValue) == true
            }
        } else {
            #expect(throws: Never.self) { try select() }
        }
    }

    /// 8 of 16 free steps at places 16·((n + ½)/8)^p − ½: the nearest whole ones, found by trying all legal masks.
    @Test func distancesGrowSmallerAlongTheRun() throws {
        let rules = SelectionRules(reuseFraction: 8.0 / 19)
        func reused(_ power: Double) throws -> [Int] {
            let mask = try UniformPolicy(power: power).select(steps: 19, rules: rules, calibration: nil).mask
            return (0..<19).filter { !mask.computed[$0] }
        }
        #expect(try reused(1) == [2, 4, 6, 8, 10, 12, 14, 16])
        // 1.6, 2.1, 3.1, 4.6, 6.6, 9.1, 12.1 and 15.6, at most two of which in a row.
        #expect(try reused(2) == [2, 3, 5, 6, 8, 9, 12, 16])
    }

    @Test(arguments: [PolicyName.uniform, .late])
    func moreStepsThanAPlanMayHaveAreAnError(name: PolicyName) {
        let error = #expect(throws: PlanError.self) {
            try #require(name.policy()).select(
                steps: 1_000_000, rules: .init(preset: .slow), calibration: nil)
        }
        #expect(error?.description == "steps: expected 1 to 10000, found 1000000")
        #expect(error?.failureKind == .usage)
    }

    @Test func lateIsAsLateAsItGets() throws {
        let mask = try LatePolicy().select(steps: 12, rules: .init(reuseFraction: 0.42), calibration: nil)
            .mask
        #expect(mask.runs == [4..<5, 6..<8, 9..<11])
    }

    @Test func uniformSpreadsEvenly() throws {
        let mask = try UniformPolicy().select(
            steps: 33, rules: .init(reuseFraction: 10.0 / 33), calibration: nil
        )
        .mask
        #expect(mask.runs == (0..<10).map { (3 + 3 * $0)..<(4 + 3 * $0) })
    }

    @Test func similarityScoresTheChangeOfTheOutput() throws {
        let trajectory = SyntheticTrajectory(steps: 9, seed: 3)
        let scores = try SimilarityPolicy().select(
            steps: 9, rules: .init(reuseFraction: 0.3), calibration: trajectory.summary()
        ).scores
        func norm(_ values: [Float]) -> Double {
            values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
        for step in 1..<9 {
            let (new, old) = (trajectory.outputs[step], trajectory.outputs[step - 1])
            #expect(abs(scores[step] - norm(zip(new, old).map { $0 - $1 }) / norm(old)) < 1e-9)
        }
        #expect(scores[0] == scores[1])
    }

    @Test func omnicacheScoresByTheMeasureAskedFor() throws {
        let trajectory = SyntheticTrajectory(steps: 12, seed: 5)
        let summary = try trajectory.summary()
        let gram = trajectory.points.flatMap { a in
            trajectory.points.map { b in zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        }
        let path = try TrajectoryGeometry(gram: gram, points: 13)
        let all = try CurvatureMeasure.allCases.map { measure in
            try CurvaturePolicy(measure: measure)
                .select(steps: 12, rules: .init(preset: .slow), calibration: summary).scores
        }
        for (scores, measure) in zip(all, CurvatureMeasure.allCases) {
            for (found, expected) in zip(scores, path.curvature(measure)) {
                #expect(abs(found - expected) < 1e-5 * max(1, abs(expected)), "\(measure)")
            }
        }
        #expect(all[0] != all[1] && all[1] != all[2])
    }
}
