import Checkpoints
import Engines
import Failures
import Models
import Schedulers
import Tensors
import Transport

/// The trajectories of one group of images, and what has come in of their current step.
final class GatherGroup {
    /// The images' numbers in the run.
    let images: Range<Int>
    /// Its number in the schedule.
    let number: Int
    /// One for each image.
    var trajectories: [Trajectory]
    /// What the blocks added at the latest computed steps.
    var residuals: ResidualHistory
    /// What the modules of computed steps add at later ones, where that is reused.
    var sums = ReusedSums()
    /// The images' current latents, [g, C, H, W].
    let latents: Tensor
    /// What each image's current step takes, and what reuse would have said in its place, by probe.
    var predictions: [Prediction] = []
    var probed: [Int: [Prediction]] = [:]
    /// Whether reuse is that of modules' outputs.
    let reusesModules: Bool
    private var noted: [Int: [Int: Tensor]] = [:]
    private let outputs = ScratchTensors()

    init(_ context: StageContext, _ group: Int, residualDepth: Int) {
        number = group
        images = context.schedule.images(of: group)
        latents = Tensor(zeros: [images.count] + context.latentShape)
        let count = context.latents.count
        trajectories = images.map { image in
            Trajectory(
                seed: context.run.images[image].seed, count: count, initial: context.initialLatents?[image],
                scale: context.scheduler.initialNoiseScale)
        }
        reusesModules = context.reusesModules
        residuals = ResidualHistory(depth: residualDepth, parts: context.schedule.parts.count)
        updateLatents()
    }

    /// The computed steps that there is something of for reuse at a step, latest first.
    func remembered(part: Int, at step: Int) -> [Int] {
        reusesModules ? sums.computedSteps(part: part, for: step) : residuals.rememberedSteps
    }

    /// What reuse at a step takes of one of them, [rows, N, D].
    func reused(part: Int, back: Int, at step: Int) -> Tensor {
        guard reusesModules else { return residuals[part, back: back] }
        return sums[part, of: sums.computedSteps(part: part, for: step)[back], for: step]
    }

    /// What reuse has been tried with at this step, by key, other than 0 for the real thing.
    var notedProbes: [Int] { noted.keys.filter { $0 > 0 }.sorted() }

    /// Notes the model's output for a slot's branches.
    /// - Parameter kept: [M, K, D] behind the last block.
    func note(
        _ kept: Tensor, _ conditioning: Conditioning, of slot: Slot, probe: Int = 0, _ context: StageContext
    ) {
        let shape = context.latents.with(channels: context.configuration.outputChannels)
        let output = outputs.tensor("part \(slot.part), \(probe)", [kept.shape[0]] + shape.extents)
        context.stage.denoiser.predict(kept, conditioning, into: output)
        for (part, branch) in slot.branches.enumerated() {
            noted[probe, default: [:]][branch] = output.rows(part * images.count..<(part + 1) * images.count)
        }
    }

    /// The noted output of each branch, which is then forgotten.
    func takePrediction(probe: Int) -> [Int: Tensor] { noted.removeValue(forKey: probe) ?? [:] }

    /// Brings `latents` up to the trajectories.
    func updateLatents() {
        for (row, trajectory) in trajectories.enumerated() { latents[row].assign(trajectory.latent) }
    }

    /// - Throws: `SamplingError` if what a step is to take is not a number, which a broken checkpoint causes.
    func requireFinite(step: Int, _ context: StageContext) throws(SamplingError) {
        for (row, prediction) in predictions.enumerated()
        where !prediction.isFinite(withVariance: context.scheduler.readsVariance) {
            let remedy =
                context.stage.engine.description.precision == .f32
                ? "; check the checkpoint"
                : ", or overflow at this precision; check the checkpoint, or use --precision f32"
            throw SamplingError(
                .invalidInput,
                "rank \(context.communicator.rank) on \(context.communicator.hostName): the model's output for "
                    + "image \(images.lowerBound + row) is not finite at step \(step): the weights hold NaN or "
                    + "infinite numbers" + remedy)
        }
    }
}
