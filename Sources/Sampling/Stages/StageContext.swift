import CachePlanning
import Checkpoints
import Engines
import Files
import Models
import RunTrace
import Schedulers
import Tensors
import Transport

/// A rank's share of the model, ready to run.
public struct LoadedStage {
    /// The rank's blocks, and the embedding and final layer where it has them.
    public let denoiser: any Denoiser
    /// What multiplies.
    public let engine: any Engine
    /// The shape of the decoder, on every rank.
    public let autoencoder: AutoencoderConfiguration
    /// The decoder, on ranks that decode.
    public let decoder: AutoencoderDecoder?

    /// A stage of the given parts.
    public init(
        denoiser: any Denoiser, engine: any Engine, autoencoder: AutoencoderConfiguration,
        decoder: AutoencoderDecoder?
    ) {
        self.denoiser = denoiser
        self.engine = engine
        self.autoencoder = autoencoder
        self.decoder = decoder
    }
}

/// What all parts of one rank's run share.
final class StageContext {
    let run: RunDescription
    let schedule: Schedule
    let scheduler: any Scheduler
    let stage: LoadedStage
    let communicator: any Communicator
    let trace: TraceRecorder
    /// The latents that images start from, [C·H·W] each, where the user gave them.
    let initialLatents: [[Float]]?
    /// Whether reuse is that of modules' outputs, whose sums travel with the hidden state.
    let reusesModules: Bool
    /// The extents of a latent.
    let latents: LatentShape
    private let scratch = ScratchTensors()
    /// What the model keeps of the prompts of a wave of images.
    private let prompts: PreparedPrompts
    /// By step, the later ones for which blocks sum up what their modules add.
    private let sumSteps: [[Int]]
    /// The plan's, folded to what an envelope holds.
    private let planHash: UInt64

    /// - Parameter sumSteps: [S], the later steps for which each step's modules are summed up, where calibration tries the
    ///   reuse of modules; by default those for which the plan reuses them.
    init(
        run: RunDescription, stage: LoadedStage, communicator: any Communicator, trace: TraceRecorder,
        initialLatents: [[Float]]?, sumSteps: [[Int]]? = nil
    ) throws(SchedulerError) {
        self.run = run
        self.stage = stage
        self.communicator = communicator
        self.trace = trace
        self.initialLatents = initialLatents
        planHash = run.plan.contentHash & 0xffff_ffff_ffff
        schedule = run.schedule
        let scheduler = try makeScheduler(run.scheduler, steps: run.steps)
        self.scheduler = scheduler
        reusesModules = sumSteps != nil || run.plan.reuseOf == .modules
        precondition(
            !reusesModules || stage.denoiser.configuration.sumsModules,
            "StageContext: modules of a model whose outputs are no sum")
        self.sumSteps = sumSteps ?? (0..<run.steps).map(run.plan.sumSteps)
        latents = stage.denoiser.configuration.latents
        // Sums ask for the gates of later steps too.
        prompts = PreparedPrompts(
            stage.denoiser, latents,
            SamplingSteps(
                times: scheduler.timesteps,
                throughBlocks: reusesModules ? nil : run.plan.travellingSteps),
            mostSpans: reusesModules ? 2 : 1)
    }

    var configuration: any DenoiserConfiguration { stage.denoiser.configuration }

    /// Of one latent, [C, H, W] of a still picture.
    var latentShape: [Int] { latents.extents }

    /// [3, H, W] of one picture.
    var pictureShape: [Int] {
        let upscale = stage.autoencoder.upscale
        return [stage.autoencoder.outputChannels, latents.height * upscale, latents.width * upscale]
    }

    /// The rows of each image of a slot.
    func layout(of slot: Slot) -> TokenLayout {
        configuration.layout(latents, prompt(schedule.images(of: slot.group).lowerBound, slot.branches[0]))
    }

    /// [M, N, D] of a slot's hidden state.
    func hiddenShape(of slot: Slot) -> [Int] {
        let layout = layout(of: slot)
        return [schedule.rows(of: slot), layout.rows, layout.width]
    }

    /// [M, K, D] of the rows that the final layer reads.
    func keptShape(of slot: Slot) -> [Int] {
        let layout = layout(of: slot)
        return [schedule.rows(of: slot), layout.kept.count, layout.width]
    }

    /// The later steps for which a step's blocks sum up what their modules add.
    func sumSteps(of step: Int) -> [Int] { sumSteps[step] }

    /// What layers need to know of a slot's images at a step, its own or a reused one after it.
    /// - Throws: what an archive throws that is read for it.
    func conditioning(_ slot: Slot, step: Int) throws(ReadError) -> Conditioning {
        let images = schedule.images(of: slot.group)
        let wanted = slot.branches.flatMap { branch in images.map { prompt($0, branch) } }
        return try prompts.conditioning(wanted, step: step) {
            let wave = schedule.groups(of: schedule.wave(of: slot)).flatMap { schedule.images(of: $0) }
            return schedule.parts.joined().flatMap { branch in wave.map { prompt($0, branch) } }
        }
    }

    /// What the model is told of an image in a branch.
    private func prompt(_ image: Int, _ branch: Int) -> PromptState {
        let request = run.images[image]
        if branch == 0 { return request.prompt }
        return branch <= request.others.count ? request.others[branch - 1] : configuration.nullPrompt
    }

    /// Embeds a group's latents [g, C, H, W], as the scheduler shows them to the model at a step, once for each branch of
    /// the slot.
    /// - Parameters:
    ///   - rows: [M, N, D], or [M, K, D] where the kept rows alone are wanted.
    func embed(
        _ latents: Tensor, for slot: Slot, _ conditioning: Conditioning, into rows: Tensor,
        keptAlone: Bool = false
    ) {
        let images = latents.shape[0]
        let latents = divided(latents, by: scheduler.inputDivisor(atStep: conditioning.step))
        for part in slot.branches.indices {
            let own = part * images..<(part + 1) * images
            if keptAlone {
                stage.denoiser.embedKept(latents, conditioning[own], into: rows.rows(own))
            } else {
                stage.denoiser.embed(latents, conditioning[own], into: rows.rows(own))
            }
        }
    }

    private func divided(_ latents: Tensor, by divisor: Float) -> Tensor {
        if divisor == 1 { return latents }
        let divided = scratch.tensor("divided", latents.shape)
        let elements = latents.elements
        var target = divided.mutableElements
        for index in elements.indices { target[index] = elements[index] / divisor }
        return divided
    }

    /// The rows [M, K, D] of a hidden state [M, N, D] that the final layer reads; valid until the next call.
    func kept(of hidden: Tensor, _ slot: Slot) -> Tensor {
        let layout = layout(of: slot)
        if layout.keepsAll { return hidden }
        let kept = scratch.tensor("kept", keptShape(of: slot))
        for image in 0..<hidden.shape[0] { kept[image].copy(from: hidden[image].rows(layout.kept)) }
        return kept
    }

    /// Memory of the given shape, kept from one slot to the next.
    func memory(for use: String, _ shape: [Int]) -> Tensor { scratch.tensor(use, shape) }

    /// Memory for a slot's kept rows [M, K, D], kept from one slot to the next.
    /// - Parameter use: what it is for.
    func kept(for use: String, _ slot: Slot) -> Tensor { scratch.tensor(use, keptShape(of: slot)) }

    /// Memory for a slot's hidden state [M, N, D], kept from one slot to the next.
    /// - Parameter use: what it is for.
    func hidden(for use: String, _ slot: Slot) -> Tensor { scratch.tensor(use, hiddenShape(of: slot)) }

    func envelope(_ kind: Envelope.Kind, step: Int = 0, group: Int, part: Int = 0) -> Envelope {
        Envelope(kind: kind, step: step, group: group, part: part, planHash: planHash)
    }
}
