/// One micro-batch's way through the blocks: a group of images, at one step, for some branches.
public struct Slot: Sendable, Equatable {
    /// Which group of images.
    public let group: Int
    /// Which step of the sampler; one that travels.
    public let step: Int
    /// The branches of guidance whose rows it carries, in this order: first all images of one, then of the next.
    public let branches: [Int]
    /// Which of the group's micro-batches of this step it is.
    public let part: Int
    /// Whether the gather stage has the whole prediction once it has seen this one.
    public let completesStep: Bool

    /// What it has in common with the slots of other steps that carry the same rows.
    var rowsKey: RowsKey { RowsKey(group: group, part: part) }
}

/// The rows of one micro-batch, whatever the step.
struct RowsKey: Hashable {
    var group: Int
    var part: Int
}

/// Everything that a run sends through the pipeline, in the order in which every rank takes it.
///
/// Each rank computes it from the same values, so that messages need no negotiation; and each slot from its
/// number, since a long run has more of them than memory should hold.
///
/// Groups go through in waves of `groupsInFlight`; in a wave, step by step, group by group, branch by branch.
/// A group's next step then comes up a whole round after its last, and a wave follows the one before without a
/// pause.
public struct Schedule: Sendable, Equatable, RandomAccessCollection {
    /// Groups of images.
    public let groupCount: Int
    /// Micro-batches of one step of all groups in flight: how far ahead receives are posted.
    public let round: Int
    /// The branches of each micro-batch of a group's step.
    public let parts: [[Int]]

    private let imageCount: Int
    private let steps: [Int]
    private let batching: MicroBatching

    /// The order for the given images and the steps that travel.
    /// - Parameter branches: how many guidance has.
    public init(images: Int, steps: [Int], branches: Int, batching: MicroBatching) {
        let all = Array(0..<branches)
        self.init(
            images: images, steps: steps, parts: batching.joinsBranches ? [all] : all.map { [$0] },
            batching: batching)
    }

    private init(images: Int, steps: [Int], parts: [[Int]], batching: MicroBatching) {
        imageCount = images
        self.steps = steps
        self.parts = parts
        self.batching = batching
        groupCount = (images + batching.imagesPerGroup - 1) / batching.imagesPerGroup
        round = Swift.min(batching.groupsInFlight, groupCount) * parts.count
    }

    /// The first slot's number.
    public var startIndex: Int { 0 }
    /// The number of slots.
    public var endIndex: Int { groupCount * steps.count * parts.count }

    /// The slot of a number.
    public subscript(index: Int) -> Slot {
        precondition(indices.contains(index), "Schedule: slot \(index) of \(count)")
        let slotsOfAGroup = steps.count * parts.count
        let first = index / (batching.groupsInFlight * slotsOfAGroup) * batching.groupsInFlight
        let together = Swift.min(batching.groupsInFlight, groupCount - first)
        let (round, place) = (index - first * slotsOfAGroup)
            .quotientAndRemainder(dividingBy: together * parts.count)
        let (group, part) = place.quotientAndRemainder(dividingBy: parts.count)
        return slot(part, group: first + group, step: steps[round])
    }

    /// The images of a group, by their number in the run; the last group may have fewer.
    public func images(of group: Int) -> Range<Int> {
        let first = group * batching.imagesPerGroup
        return first..<Swift.min(first + batching.imagesPerGroup, imageCount)
    }

    /// Rows of the batch axis that a slot carries: its group's images, once for each branch.
    public func rows(of slot: Slot) -> Int { images(of: slot.group).count * slot.branches.count }

    /// All micro-batches of a slot's group and step, in order.
    func parts(of slot: Slot) -> [Slot] {
        parts.indices.map { self.slot($0, group: slot.group, step: slot.step) }
    }

    /// The steps for which the head needs latents of the tail: all but the first, once for each group.
    var returns: Schedule {
        Schedule(
            images: imageCount, steps: Array(steps.dropFirst()), parts: [[]],
            batching: batching)
    }

    /// A group's step, once for all its micro-batches, as ``returns`` has it.
    func arrival(of group: Int, at step: Int) -> Slot {
        Slot(group: group, step: step, branches: [], part: 0, completesStep: true)
    }

    /// Each group's steps, once for all its micro-batches.
    var decisions: Schedule {
        Schedule(images: imageCount, steps: steps, parts: [[]], batching: batching)
    }

    /// Each time that all groups of a wave are before the same step; a slot's group is the wave.
    var rounds: Schedule {
        let waves = (groupCount + batching.groupsInFlight - 1) / batching.groupsInFlight
        return Schedule(
            images: waves, steps: steps, parts: [[]],
            batching: MicroBatching(imagesPerGroup: 1, joinsBranches: true, groupsInFlight: 1))
    }

    /// The one of ``rounds`` that a slot begins, if it does.
    func round(begunBy slot: Slot) -> Slot? {
        guard slot.part == 0, slot.group % batching.groupsInFlight == 0 else { return nil }
        return wave(of: slot)
    }

    /// The one of ``rounds`` that a slot is in.
    func wave(of slot: Slot) -> Slot { arrival(of: slot.group / batching.groupsInFlight, at: slot.step) }

    /// The groups of one of ``rounds``.
    func groups(of round: Slot) -> Range<Int> {
        let first = round.group * batching.groupsInFlight
        return first..<Swift.min(first + batching.groupsInFlight, groupCount)
    }

    /// Each group at the first step.
    var starts: Schedule {
        Schedule(images: imageCount, steps: Array(steps.prefix(1)), parts: [[]], batching: batching)
    }

    private func slot(_ part: Int, group: Int, step: Int) -> Slot {
        Slot(
            group: group, step: step, branches: parts[part], part: part,
            completesStep: part == parts.count - 1)
    }
}
