/// Half of guidance.
public enum Branch: Int, Sendable, Equatable, Codable {
    /// The image's own class.
    case conditional
    /// The null class.
    case unconditional
}

/// One micro-batch's way through the blocks: a group of images, at one computed step, for some branches.
public struct Slot: Sendable, Equatable {
    /// Which group of images.
    public let group: Int
    /// Which step of the sampler; always a computed one.
    public let step: Int
    /// The branches whose rows it carries, in this order: first all images of one, then of the next.
    public let branches: [Branch]
    /// Which of the group's micro-batches of this step it is.
    public let part: Int
    /// Whether the gather stage has the whole prediction once it has seen this one.
    public let completesStep: Bool
}

/// Everything that a run sends through the pipeline, in the order in which every rank takes it.
///
/// It is computed by each rank from the same values, so that messages need no negotiation.
public struct Schedule: Sendable, Equatable {
    /// The micro-batches in order.
    public let slots: [Slot]
    /// The images of each group, by their number in the run.
    public let groups: [Range<Int>]
    /// Micro-batches of one step of all groups in flight: how far ahead receives are posted.
    public let round: Int
    /// The branches of each micro-batch of a group's step.
    public let parts: [[Branch]]

    /// The order for the given images and computed steps.
    ///
    /// Groups go through in waves of `groupsInFlight`; in a wave, step by step, group by group, branch by
    /// branch. A group's next step then comes up a whole round after its last, and a wave follows the one
    /// before without a pause.
    public init(images: Int, computedSteps: [Int], guided: Bool, batching: MicroBatching) {
        let size = batching.imagesPerGroup
        groups = stride(from: 0, to: images, by: size).map { $0..<min($0 + size, images) }
        let branches: [Branch] = guided ? [.conditional, .unconditional] : [.conditional]
        parts = batching.joinsBranches ? [branches] : branches.map { [$0] }
        var slots: [Slot] = []
        for wave in stride(from: 0, to: groups.count, by: batching.groupsInFlight) {
            for step in computedSteps {
                for group in wave..<min(wave + batching.groupsInFlight, groups.count) {
                    for (part, branches) in parts.enumerated() {
                        slots.append(
                            Slot(
                                group: group, step: step, branches: branches, part: part,
                                completesStep: part == parts.count - 1))
                    }
                }
            }
        }
        self.slots = slots
        round = min(batching.groupsInFlight, groups.count) * parts.count
    }

    /// Rows of the batch axis that a slot carries: its group's images, once for each branch.
    public func rows(of slot: Slot) -> Int { groups[slot.group].count * slot.branches.count }

    /// All micro-batches of a slot's group and step, in order.
    func parts(of slot: Slot) -> [Slot] {
        parts.enumerated().map { part, branches in
            Slot(
                group: slot.group, step: slot.step, branches: branches, part: part,
                completesStep: part == parts.count - 1)
        }
    }
}
