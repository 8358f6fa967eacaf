import CachePlanning
import Checkpoints
import Engines
import Models
import RunTrace
import Schedulers
import Tensors
import Transport

/// A rank's share of the model, ready to run.
public struct LoadedStage {
    /// The rank's blocks, and the embedding and final layer where it has them.
    public let dit: DiT
    /// What multiplies.
    public let engine: any Engine
    /// The shape of the decoder, on every rank.
    public let autoencoder: AutoencoderConfiguration
    /// The decoder, on ranks that decode.
    public let decoder: AutoencoderDecoder?

    /// A stage of the given parts.
    public init(
        dit: DiT, engine: any Engine, autoencoder: AutoencoderConfiguration, decoder: AutoencoderDecoder?
    ) {
        self.dit = dit
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
    private let scratch = ScratchTensors()
    /// What blocks make of timesteps and labels, for as many labels as are under way at once.
    private let modulations: ModulationTable
    /// By step, the timesteps that its blocks compute together; they do not depend on where a run starts.
    private let timestepsTogether: [Int: [Double]]
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
        let underWay = run.batching.groupsInFlight * run.batching.imagesPerGroup
        reusesModules = sumSteps != nil || run.plan.reuseOf == .modules
        self.sumSteps = sumSteps ?? (0..<run.steps).map(run.plan.sumSteps)
        // Sums ask for the timesteps of later steps by turns with a step's own.
        modulations = stage.dit.makeModulationTable(
            labels: min(underWay, run.images.count) + 1, spans: reusesModules ? 2 : 1)
        let steps = reusesModules ? Array(0..<run.steps) : run.plan.travellingSteps
        let length = ModulationTable.timestepsAtOnce
        timestepsTogether = steps.enumerated().reduce(into: [:]) { together, step in
            let first = step.offset / length * length
            together[step.element] = steps[first...].prefix(length).map { scheduler.timesteps[$0] }
        }
    }

    var configuration: DiTConfiguration { stage.dit.configuration }

    /// [C, H, W] of one latent.
    var latentShape: [Int] {
        [configuration.inputChannels, configuration.sampleSize, configuration.sampleSize]
    }

    /// [3, H, W] of one picture.
    var pictureShape: [Int] {
        let side = configuration.sampleSize * stage.autoencoder.upscale
        return [stage.autoencoder.outputChannels, side, side]
    }

    /// [rows, N, D] of a slot's hidden state.
    func hiddenShape(of slot: Slot) -> [Int] {
        [schedule.rows(of: slot), configuration.tokens, configuration.width]
    }

    /// [(1 + k)·rows, N, D] of what travels of a slot: its hidden state, and behind it a sum for each of k later steps.
    func travellingShape(of slot: Slot) -> [Int] {
        [
            (1 + sumSteps[slot.step].count) * schedule.rows(of: slot), configuration.tokens,
            configuration.width,
        ]
    }

    /// The hidden state [rows, N, D] in what travels of a slot.
    func hidden(in travelling: Tensor, of slot: Slot) -> Tensor {
        sumSteps[slot.step].isEmpty ? travelling : travelling.rows(0..<schedule.rows(of: slot))
    }

    /// The sums [rows, N, D] in what travels of a slot, each with the step that it is for.
    func sums(in travelling: Tensor, of slot: Slot) -> [(step: Int, sum: Tensor)] {
        let rows = schedule.rows(of: slot)
        return sumSteps[slot.step].enumerated().map { place, step in
            (step, travelling.rows((place + 1) * rows..<(place + 2) * rows))
        }
    }

    /// What adaLN needs for a slot's rows at a step, its own or a reused one after it.
    func conditioning(_ slot: Slot, step: Int) -> Conditioning {
        let images = run.images[schedule.images(of: slot.group)]
        let labels = slot.branches.flatMap { branch in
            images.map { branch == .conditional ? $0.label : configuration.classes }
        }
        return stage.dit.conditioning(
            timestep: scheduler.timesteps[step], labels: labels, among: timestepsTogether[step],
            in: modulations)
    }

    /// Embeds a group's latents [g, C, H, W], as the scheduler shows them to the model at a step, once for each branch of
    /// the slot: [rows, N, D] into `hidden`.
    /// - Parameter step: the slot's own, or a reused one after it.
    func embed(_ latents: Tensor, for slot: Slot, step: Int, into hidden: Tensor) {
        let images = latents.shape[0]
        let latents = divided(latents, by: scheduler.inputDivisor(atStep: step))
        for (part, _) in slot.branches.enumerated() {
            stage.dit.embed(latents, into: hidden.rows(part * images..<(part + 1) * images))
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

    /// Memory for a slot's hidden state [rows, N, D], kept from one slot to the next.
    /// - Parameter use: what it is for.
    func hidden(for use: String, _ slot: Slot) -> Tensor { scratch.tensor(use, hiddenShape(of: slot)) }

    /// Memory for what travels of a slot, [(1 + k)·rows, N, D], kept from one slot to the next.
    func travelling(for use: String, _ slot: Slot) -> Tensor {
        scratch.tensor(use, travellingShape(of: slot))
    }

    func envelope(_ kind: Envelope.Kind, step: Int = 0, group: Int, part: Int = 0) -> Envelope {
        Envelope(kind: kind, step: step, group: group, part: part, planHash: planHash)
    }
}
