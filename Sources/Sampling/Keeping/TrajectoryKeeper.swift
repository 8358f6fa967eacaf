import CachePlanning
import Tensors
import Transport

/// Saves the trajectories of a run on rank 0 and ends the run where rank 0 says so.
///
/// Rank 0 decides before each round, when all groups of a wave come to the same computed step, and tells all ranks.
/// The tail sends the state of a group when the group's turn comes, before it changes; rank 0 takes it while it waits
/// for others. Where a run goes on from saved states, they take the same way back as each group begins.
final class TrajectoryKeeper {
    private enum Order: Int {
        case goOn
        case save
        case stop
    }

    private let context: StageContext
    private let keeping: TrajectoryKeeping
    private let isTail: Bool
    /// To each other rank on rank 0, from rank 0 elsewhere.
    private let orders: [SlotChannel]
    private let outbox: Outbox
    private let restored: SlotChannel?
    /// The round before whose step this rank saves each group.
    private var saving: Slot?
    /// States to come from the tail, and the next of them.
    private var expected: [Slot] = []
    private var inbox: Inbox?

    init(
        _ context: StageContext, _ keeping: TrajectoryKeeping, idle: @escaping () throws -> Bool
    ) throws(TransportError) {
        self.context = context
        self.keeping = keeping
        let communicator = context.communicator
        let tail = communicator.size - 1
        isTail = communicator.rank == tail
        var orders: [SlotChannel] = []
        let receivers = communicator.rank > 0 ? [communicator.rank] : Array(1..<max(1, communicator.size))
        for rank in receivers {
            orders.append(
                try SlotChannel(context, .order, from: 0, to: rank, context.schedule.rounds, idle: idle) {
                    _ in
                    [1]
                })
        }
        self.orders = orders
        outbox = Outbox(communicator, trace: context.trace, depth: 2, idle: idle)
        restored =
            context.run.firstStep == 0
            ? nil
            : try SlotChannel(context, .restored, from: 0, to: tail, context.schedule.starts, idle: idle) {
                context.stateShape(of: $0)
            }
    }

    /// Whether the round that a slot begins is gone into; asked by every rank before each slot.
    func goesInto(_ slot: Slot) throws -> Bool {
        guard let round = context.schedule.round(begunBy: slot) else { return true }
        let order: Order
        if context.communicator.rank == 0 {
            order = decide(round)
            for channel in orders { try channel.send(Tensor([Float(order.rawValue)], shape: [1]), of: round) }
            if order != .goOn, !isTail, round.step > context.run.firstStep {
                expected += context.schedule.groups(of: round).map {
                    context.schedule.arrival(of: $0, at: round.step)
                }
            }
        } else {
            order = Order(rawValue: Int(try orders[0].next(round).values[0])) ?? .goOn
        }
        saving = order == .save && round.step > context.run.firstStep ? round : nil
        return order != .stop
    }

    private func decide(_ round: Slot) -> Order {
        if keeping.isStopWanted() { return .stop }
        let computed = context.run.plan.travellingSteps.prefix { $0 < round.step }.count
        return computed % keeping.every == 0 ? .save : .goOn
    }

    /// Whether a slot's group is to be saved before its step.
    func isSaving(_ slot: Slot) -> Bool {
        guard let saving else { return false }
        return saving.step == slot.step && context.schedule.groups(of: saving).contains(slot.group)
    }

    /// Saves a group on the tail.
    func save(_ group: GatherGroup, before step: Int) throws {
        let states = group.states(context, before: step)
        let slot = context.schedule.arrival(of: group.number, at: step)
        if context.communicator.rank == 0 { return try keep(states, of: slot) }
        let envelope = context.envelope(.saved, step: slot.step, group: slot.group)
        try outbox.send(states, envelope, to: 0)
    }

    /// Brings a group on the tail to the state that the run goes on from.
    func restore(_ group: GatherGroup, _ slot: Slot) throws {
        guard let restored else { return }
        group.restore(try restored.next(slot), context)
    }

    /// The latents that a group goes on from, on rank 0, which sends its whole state to the tail; none at step 0.
    func restored(_ slot: Slot) throws -> Tensor? {
        guard let restored, let restore = keeping.restore else { return nil }
        let states = Tensor(zeros: context.stateShape(of: slot))
        let latents = Tensor(zeros: [states.shape[0]] + context.latentShape)
        let layout = context.layout(before: slot.step)
        for (row, image) in context.schedule.images(of: slot.group).enumerated() {
            let tensors = try context.communicator.away { try restore(image) }
            for (name, view) in layout.views(of: states[row]) {
                guard let tensor = tensors[name], tensor.shape == view.shape else {
                    preconditionFailure("image \(image) is to go on without \(name) of shape \(view.shape)")
                }
                view.copy(from: tensor)
            }
            latents[row].copy(from: states[row].rows(0..<latents[row].count).reshaped(context.latentShape))
        }
        try restored.send(states, of: context.schedule.arrival(of: slot.group, at: slot.step))
        return latents
    }

    /// Takes the next state on rank 0, if it is here: says whether it was.
    func work() throws -> Bool {
        guard let next = expected.first, try openInbox(next).isReady() else { return false }
        try keepNext(next) { false }
        return true
    }

    /// Returns when everything that is to be saved is saved, and nothing is under way any more.
    /// - Parameter idle: called while this waits; says whether it found work to do.
    func finish(idle: () throws -> Bool) throws {
        while let next = expected.first { try keepNext(next, idle: idle) }
        try outbox.finish()
        for channel in orders { try channel.finish() }
        try restored?.finish()
    }

    private func keepNext(_ next: Slot, idle: () throws -> Bool) throws {
        let states = try openInbox(next).next(idle: idle)
        expected.removeFirst()
        inbox = nil
        try keep(states, of: next)
    }

    private func openInbox(_ slot: Slot) throws(TransportError) -> Inbox {
        if let inbox { return inbox }
        let context = context
        let opened = try Inbox(
            context.communicator, from: context.communicator.size - 1, count: 1, depth: 1
        ) { _ in
            Inbox.Expected(
                envelope: context.envelope(.saved, step: slot.step, group: slot.group),
                shape: context.stateShape(of: slot))
        }
        inbox = opened
        return opened
    }

    private func keep(_ states: Tensor, of slot: Slot) throws {
        let layout = context.layout(before: slot.step)
        for (row, image) in context.schedule.images(of: slot.group).enumerated() {
            let saved = SavedTrajectory(
                image: image, step: slot.step, tensors: layout.views(of: states[row]))
            try context.communicator.away { try keeping.save(saved) }
        }
    }
}

extension StageContext {
    /// What is saved of an image before a step.
    func layout(before step: Int) -> TrajectoryLayout {
        TrajectoryLayout(run, configuration, scheduler, before: step)
    }

    /// [g, numbers of a state] of a group before a step.
    func stateShape(of slot: Slot) -> [Int] {
        [schedule.images(of: slot.group).count, layout(before: slot.step).count]
    }
}
