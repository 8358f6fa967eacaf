import RunTrace
import Schedulers
import Tensors

/// The start of the pipeline: embeds noise at the first step, and later what the tail returns.
final class Head: HiddenSource {
    private let context: StageContext
    private let source: any LatentSource
    /// Of the group and step at hand, whose parts follow each other.
    private var latents: Tensor?
    private let keeping: TrajectoryKeeper?

    init(_ context: StageContext, source: any LatentSource, keeping: TrajectoryKeeper?) {
        self.context = context
        self.keeping = keeping
        self.source = source
    }

    func hidden(for slot: Slot) throws -> Arrival {
        if slot.part == 0 {
            latents =
                slot.step == context.run.firstStep
                ? try keeping?.restored(slot) ?? context.start(of: slot.group)
                : try source.latents(of: slot)
        }
        guard let latents else {
            preconditionFailure("Head: part \(slot.part) of group \(slot.group) came before its first")
        }
        let travelling = context.start(of: slot)
        let conditioning = try context.conditioning(slot, step: slot.step)
        context.trace.span(.embed, step: slot.step, group: slot.group) {
            context.embed(latents, for: slot, conditioning, into: travelling.hidden)
            for (_, sum) in travelling.sums { sum.fillWithZeros() }
        }
        return Arrival(travelling: travelling)
    }

    func poll() throws { try source.poll() }
    func finish() throws { try source.finish() }

    /// Takes the latents that the tail has returned for a round which is not gone into.
    func discard(_ round: Slot) throws {
        guard round.step > context.run.firstStep else { return }
        for group in context.schedule.groups(of: round) {
            _ = try source.latents(of: context.schedule.arrival(of: group, at: round.step))
        }
    }
}

extension StageContext {
    /// The latents that a group starts from, [g, C, H, W].
    func start(of group: Int) -> Tensor {
        let images = schedule.images(of: group)
        let tensor = Tensor(zeros: [images.count] + latentShape)
        for (row, image) in images.enumerated() { tensor[row].assign(initialLatent(of: image)) }
        return tensor
    }

    /// The latent that an image starts from, [C·H·W].
    private func initialLatent(of image: Int) -> [Float] {
        Trajectory(
            seed: run.images[image].seed, count: Tensor.elementCount(of: latentShape),
            initial: initialLatents?[image], scale: scheduler.initialNoiseScale
        ).latent
    }
}
