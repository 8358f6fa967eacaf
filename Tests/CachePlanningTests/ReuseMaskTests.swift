import CachePlanning
import Foundation
import Testing

@Suite(.serialized)
struct ReuseMaskTests {
    let mask = try? ReuseMask(computed: [true, true, false, false, true, false, true])

    @Test func countsStepsAndRuns() throws {
        let mask = try #require(mask)
        #expect(mask.steps == 7)
        #expect(mask.reusedCount == 3)
        #expect(mask.computedSteps == [0, 1, 4, 6])
        #expect(mask.runs == [2..<4, 5..<6])
    }

    @Test func knowsWhereAReusedStepTakesItsResidualFrom() throws {
        let mask = try #require(mask)
        #expect((0..<7).map { mask.age(of: $0) } == [0, 0, 1, 2, 0, 1, 0])
        #expect((0..<7).map { mask.lastComputed(before: $0) } == [nil, 0, 1, 1, 1, 4, 4])
    }

    @Test func measuresTheSpacingOfComputedSteps() throws {
        let mask = try #require(mask)
        #expect(mask.computedSteps.map { mask.spacing(of: $0) } == [nil, 1, 3, 2])
    }

    @Test func isABareArrayInJSON() throws {
        let mask = try #require(mask)
        let text = try JSONEncoder().encode(mask)
        #expect(String(decoding: text, as: UTF8.self) == "[true,true,false,false,true,false,true]")
        #expect(try JSONDecoder().decode(ReuseMask.self, from: text) == mask)
    }

    @Test(arguments: ["[]", "[false]", "[false,true]"])
    func refusesAFirstStepThatIsReused(_ text: String) {
        #expect(throws: PlanError.self) { try JSONDecoder().decode(ReuseMask.self, from: Data(text.utf8)) }
    }
}
