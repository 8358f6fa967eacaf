import Testing

@testable import Sampling

@Suite(.serialized)
struct ScheduleTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var images: Int
        var perGroup: Int
        var joins: Bool
        var inFlight: Int
        var guided: Bool
        var testDescription: String {
            "\(images) images by \(perGroup), \(joins ? "joined" : "apart"), \(inFlight) in flight, "
                + (guided ? "guided" : "unguided")
        }
        static let all = [1, 2, 7].flatMap { images in
            [1, 2, 3].flatMap { perGroup in
                [1, 2, 9].flatMap { inFlight in
                    [(true, true), (true, false), (false, true), (false, false)].map {
                        Shape(
                            images: images, perGroup: perGroup, joins: $0.0, inFlight: inFlight,
                            guided: $0.1)
                    }
                }
            }
        }
    }

    private static let computed = [0, 1, 4, 6]

    private func schedule(_ shape: Shape) -> Schedule {
        Schedule(
            images: shape.images, steps: Self.computed, branches: shape.guided ? 2 : 1,
            batching: MicroBatching(
                imagesPerGroup: shape.perGroup, joinsBranches: shape.joins, groupsInFlight: shape.inFlight))
    }

    @Test(arguments: Shape.all)
    func everyImageStepAndBranchOnce(_ shape: Shape) {
        let schedule = schedule(shape)
        var seen: [[Int]: Int] = [:]
        for slot in schedule {
            for image in schedule.images(of: slot.group) {
                for branch in slot.branches { seen[[image, slot.step, branch], default: 0] += 1 }
            }
        }
        #expect(seen.count == shape.images * Self.computed.count * (shape.guided ? 2 : 1))
        #expect(seen.values.allSatisfy { $0 == 1 })
    }

    @Test(arguments: Shape.all)
    func onlyComputedStepsAreInIt(_ shape: Shape) {
        #expect(Set(schedule(shape).map(\.step)) == Set(Self.computed))
    }

    @Test(arguments: Shape.all)
    func groupsGoThroughTheirStepsAndPartsInOrder(_ shape: Shape) {
        let schedule = schedule(shape)
        for group in 0..<schedule.groupCount {
            let own = schedule.filter { $0.group == group }
            #expect(own.map(\.step) == own.map(\.step).sorted())
            for step in Self.computed {
                let parts = own.filter { $0.step == step }
                #expect(parts.map(\.part) == Array(schedule.parts.indices))
                #expect(parts.map(\.branches) == schedule.parts)
                #expect(parts.map(\.completesStep) == parts.indices.map { $0 == parts.count - 1 })
                #expect(parts.first?.branches.first == 0)
            }
        }
    }

    /// What makes a pipeline full: the other groups in flight come between a group's steps.
    @Test(arguments: Shape.all)
    func wholeRoundLiesBetweenAGroupsSteps(_ shape: Shape) {
        let schedule = schedule(shape)
        for group in 0..<schedule.groupCount {
            let starts = schedule.indices.filter {
                schedule[$0].group == group && schedule[$0].part == 0
            }
            let wave = group / shape.inFlight * shape.inFlight
            let together = min(shape.inFlight, schedule.groupCount - wave)
            for (earlier, later) in zip(starts, starts.dropFirst()) {
                #expect(later - earlier == together * schedule.parts.count)
                #expect(later - earlier <= schedule.round)
            }
        }
    }

    @Test func groupsCoverTheImagesAndTheLastMayBeSmaller() {
        let schedule = schedule(Shape(images: 7, perGroup: 3, joins: false, inFlight: 2, guided: true))
        #expect((0..<schedule.groupCount).map(schedule.images(of:)) == [0..<3, 3..<6, 6..<7])
        #expect(schedule.round == 4)
        #expect(schedule.map { schedule.rows(of: $0) }.max() == 3)
        #expect(schedule.last.map { schedule.rows(of: $0) } == 1)
    }

    @Test func joinedBranchesDoubleTheRows() {
        let schedule = schedule(Shape(images: 3, perGroup: 2, joins: true, inFlight: 1, guided: true))
        #expect(schedule.prefix(Self.computed.count).allSatisfy { schedule.rows(of: $0) == 4 })
        #expect(schedule.round == 1)
    }

    @Test func oneImageAndStep() {
        let schedule = Schedule(
            images: 1, steps: [0], branches: 1,
            batching: MicroBatching(imagesPerGroup: 4, joinsBranches: false, groupsInFlight: 4))
        #expect(
            Array(schedule) == [
                Slot(group: 0, step: 0, branches: [0], part: 0, completesStep: true)
            ])
        #expect(schedule.round == 1)
    }

    @Test func partsOfASlotAreThatStepsMicroBatches() {
        let schedule = schedule(Shape(images: 3, perGroup: 1, joins: false, inFlight: 2, guided: true))
        let slot = schedule[3]
        #expect(
            schedule.parts(of: slot)
                == schedule.filter { $0.group == slot.group && $0.step == slot.step })
    }

    /// The same order by plain loops.
    @Test(arguments: Shape.all)
    func slotOfANumberIsThatOfTheLoops(_ shape: Shape) {
        let schedule = schedule(shape)
        var slots: [Slot] = []
        for wave in stride(from: 0, to: schedule.groupCount, by: shape.inFlight) {
            for step in Self.computed {
                for group in wave..<min(wave + shape.inFlight, schedule.groupCount) {
                    slots += schedule.parts.enumerated().map { part, branches in
                        Slot(
                            group: group, step: step, branches: branches, part: part,
                            completesStep: part == schedule.parts.count - 1)
                    }
                }
            }
        }
        #expect(Array(schedule) == slots)
    }

    @Test(arguments: Shape.all)
    func latentsReturnForEveryGroupAndStepButTheFirst(_ shape: Shape) {
        let schedule = schedule(shape)
        let awaited = schedule.filter { $0.part == 0 && $0.step > 0 }
        #expect(schedule.returns.map(\.group) == awaited.map(\.group))
        #expect(schedule.returns.map(\.step) == awaited.map(\.step))
    }

    /// As many images and steps as may be asked for: a list of their slots would be of 80 GB.
    @Test func longRunsScheduleIsNoList() {
        let schedule = Schedule(
            images: 1_000_000, steps: Array(0..<1000), branches: 2,
            batching: MicroBatching(imagesPerGroup: 1, joinsBranches: false, groupsInFlight: 3))
        #expect(schedule.count == 2_000_000_000)
        #expect(schedule.returns.count == 999_000_000)
        let last = Slot(
            group: 999_999, step: 999, branches: [1], part: 1, completesStep: true)
        #expect(schedule.last == last)
    }

    @Test(arguments: DecodePlacement.allCases, [1, 2, 3, 4])
    func ranksDecodeTheImagesThatAreTheirs(_ placement: DecodePlacement, ranks: Int) {
        for images in 1...9 {
            for rank in 0..<ranks {
                let own = placement.images(on: rank, of: images, ranks: ranks)
                #expect(
                    Array(own) == (0..<images).filter { placement.rank(of: $0, ranks: ranks) == rank })
                #expect(own.isEmpty != placement.decodes(on: rank, images: images))
            }
        }
    }
}
