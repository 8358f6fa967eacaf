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
            images: shape.images, computedSteps: Self.computed, guided: shape.guided,
            batching: MicroBatching(
                imagesPerGroup: shape.perGroup, joinsBranches: shape.joins, groupsInFlight: shape.inFlight))
    }

    @Test(arguments: Shape.all)
    func everyImageStepAndBranchOnce(_ shape: Shape) {
        let schedule = schedule(shape)
        var seen: [[Int]: Int] = [:]
        for slot in schedule.slots {
            for image in schedule.groups[slot.group] {
                for branch in slot.branches { seen[[image, slot.step, branch.rawValue], default: 0] += 1 }
            }
        }
        #expect(seen.count == shape.images * Self.computed.count * (shape.guided ? 2 : 1))
        #expect(seen.values.allSatisfy { $0 == 1 })
    }

    @Test(arguments: Shape.all)
    func onlyComputedStepsAreInIt(_ shape: Shape) {
        #expect(Set(schedule(shape).slots.map(\.step)) == Set(Self.computed))
    }

    @Test(arguments: Shape.all)
    func groupsGoThroughTheirStepsAndPartsInOrder(_ shape: Shape) {
        let schedule = schedule(shape)
        for group in schedule.groups.indices {
            let own = schedule.slots.filter { $0.group == group }
            #expect(own.map(\.step) == own.map(\.step).sorted())
            for step in Self.computed {
                let parts = own.filter { $0.step == step }
                #expect(parts.map(\.part) == Array(schedule.parts.indices))
                #expect(parts.map(\.branches) == schedule.parts)
                #expect(parts.map(\.completesStep) == parts.indices.map { $0 == parts.count - 1 })
                #expect(parts.first?.branches.first == .conditional)
            }
        }
    }

    /// What makes a pipeline full: the other groups in flight come between a group's steps.
    @Test(arguments: Shape.all)
    func wholeRoundLiesBetweenAGroupsSteps(_ shape: Shape) {
        let schedule = schedule(shape)
        for group in schedule.groups.indices {
            let starts = schedule.slots.indices.filter {
                schedule.slots[$0].group == group && schedule.slots[$0].part == 0
            }
            let wave = group / shape.inFlight * shape.inFlight
            let together = min(shape.inFlight, schedule.groups.count - wave)
            for (earlier, later) in zip(starts, starts.dropFirst()) {
                #expect(later - earlier == together * schedule.parts.count)
                #expect(later - earlier <= schedule.round)
            }
        }
    }

    @Test func groupsCoverTheImagesAndTheLastMayBeSmaller() {
        let schedule = schedule(Shape(images: 7, perGroup: 3, joins: false, inFlight: 2, guided: true))
        #expect(schedule.groups == [0..<3, 3..<6, 6..<7])
        #expect(schedule.round == 4)
        #expect(schedule.slots.map { schedule.rows(of: $0) }.max() == 3)
        #expect(schedule.slots.last.map { schedule.rows(of: $0) } == 1)
    }

    @Test func joinedBranchesDoubleTheRows() {
        let schedule = schedule(Shape(images: 3, perGroup: 2, joins: true, inFlight: 1, guided: true))
        #expect(schedule.slots.prefix(Self.computed.count).allSatisfy { schedule.rows(of: $0) == 4 })
        #expect(schedule.round == 1)
    }

    @Test func oneImageAndStep() {
        let schedule = Schedule(
            images: 1, computedSteps: [0], guided: false,
            batching: MicroBatching(imagesPerGroup: 4, joinsBranches: false, groupsInFlight: 4))
        #expect(
            schedule.slots == [
                Slot(group: 0, step: 0, branches: [.conditional], part: 0, completesStep: true)
            ])
        #expect(schedule.round == 1)
    }

    @Test func partsOfASlotAreThatStepsMicroBatches() {
        let schedule = schedule(Shape(images: 3, perGroup: 1, joins: false, inFlight: 2, guided: true))
        let slot = schedule.slots[3]
        #expect(
            schedule.parts(of: slot)
                == schedule.slots.filter { $0.group == slot.group && $0.step == slot.step })
    }
}
