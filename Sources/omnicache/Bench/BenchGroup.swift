import Benchmarks
import CachePlanning
import Checkpoints
import Engines
import Models
import RunTrace
import Sampling
import Tensors
import Transport

/// The first so many ranks of the world, which share a model and are measured as a run of their own.
///
/// All ranks of the world make it and take part in what is collective; those that are not of the group wait.
struct BenchGroup {
    let size: Int
    let model: OpenedModel
    let partition: Partition
    private let world: any Communicator
    /// None on ranks that are not of the group.
    private let member: (communicator: any Communicator, stage: LoadedStage)?

    /// This rank's share of the model, where it is of the group.
    var denoiser: (any Denoiser)? { member?.stage.denoiser }

    /// Loads the group's share of the model on each of its ranks.
    /// - Parameters:
    ///   - decoder: this rank's, shared by all its groups.
    ///   - whole: the model that this rank holds already, whole, to share its weights.
    /// - Throws: `RanksFailed`, alike on all ranks of the world.
    init(
        of size: Int, _ model: OpenedModel, _ engines: BenchEngines, decoder: AutoencoderDecoder?,
        sharing whole: (any Denoiser)? = nil, world: any Communicator
    ) throws {
        self.size = size
        self.model = model
        self.world = world
        let partition = try world.agreeOnErrors {
            try Partition(balanced: model.folder.denoiser.blocks, over: size)
        }
        self.partition = partition
        let isMember = world.rank < size
        let part = try world.split(color: isMember ? 0 : 1)
        member = try world.agreeOnErrors {
            guard isMember else { return nil }
            let denoiser =
                try whole?.part(
                    ModelShare(blocks: partition.blocks(of: part.rank), rank: part.rank, of: part.size))
                ?? RankModel.load(
                    model, partition, model.folder.weights, engines, decodes: false, part
                ) { world.progress?() }.denoiser
            let stage = LoadedStage(
                denoiser: denoiser, engine: engines.blocks, autoencoder: model.folder.autoencoder,
                decoder: decoder)
            return (part, stage)
        }
    }

    /// This rank's decoder, if it is to have one.
    /// - Throws: `RanksFailed`, alike on all ranks of the world.
    static func decoder(
        _ model: OpenedModel, _ engines: BenchEngines, decodes: Bool, _ world: any Communicator,
        tiles: DecoderTiles? = .standard
    ) throws -> AutoencoderDecoder? {
        try world.agreeOnErrors {
            guard decodes else { return nil }
            let folder = model.folder
            return try AutoencoderDecoder(
                folder.autoencoder, weights: folder.autoencoderWeights, engine: engines.decoder,
                tiles: tiles
            ) { world.progress?() }
        }
    }

    /// A run of this group; with reuse it is that of `--preset fast`, or as much as so few steps allow.
    /// - Throws: `RanksFailed`, alike on all ranks of the world.
    func run(
        images: Int, steps: Int, reusing: Bool, wire: WireFormat = .f32
    ) throws -> RunDescription {
        try world.decide {
            try benchRun(
                model, partition, images: images, steps: steps, reusing: reusing, wire: wire)
        }
    }

    /// Seconds of one block for one row, on each rank of the group, all computing at once; on rank 0, else empty.
    func blockSeconds(_ run: RunDescription) throws -> [Double] {
        guard let (communicator, stage) = member, let slot = run.schedule.first else { return [] }
        let rows = run.schedule.rows(of: slot)
        let block = try MeasuredBlocks(stage.denoiser, images: rows)
        try communicator.barrier()
        let times = timed(for: 0.2) { block.run() }
        let each = Spread(times).median / Double(rows * stage.denoiser.share.blocks.count)
        return try communicator.gather(each, to: 0)
    }

    /// Takes the group through a run: what it took, on rank 0, else nil.
    func measure(_ run: RunDescription) throws -> RunMeasurement? {
        guard let (communicator, stage) = member else { return nil }
        let trace = TraceRecorder(
            rank: communicator.rank, hostName: communicator.hostName, stepCount: run.steps)
        try communicator.barrier()
        let start = ContinuousClock.now
        let pipeline = try PipelineStage(
            run, stage: stage, communicator: communicator, trace: trace, returnsLatents: false
        ) { _ in }
        try pipeline.run()
        try communicator.barrier()
        let seconds = (ContinuousClock.now - start).seconds
        let shares = try communicator.gather(
            RunMeasurement.Share(trace: trace.summary(), denoiseSeconds: pipeline.denoiseSeconds), to: 0)
        return communicator.rank == 0 ? RunMeasurement(run, seconds: seconds, shares: shares) : nil
    }
}

/// A run to measure: classes and seeds do not matter to its time.
func benchRun(
    _ model: OpenedModel, _ partition: Partition, images: Int, steps: Int, reusing: Bool,
    wire: WireFormat
) throws -> RunDescription {
    let fast = SelectionRules(preset: .fast)
    let most = Double(fast.mostReusable(steps: steps)) / Double(steps)
    let placeholder = model.folder.denoiser.placeholderPrompt
    let guidance = max(model.defaultGuidance, 1.5)
    return RunDescription(
        images: (0..<images).map { ImageRequest(prompt: placeholder, seed: UInt64($0)) },
        guidance: model.folder.denoiser.guidance(scale: guidance),
        scheduler: model.folder.scheduler,
        plan: try .make(
            policy: reusing ? .uniform : .none,
            rules: SelectionRules(reuseFraction: min(fast.reuseFraction, most)),
            for: PlanSubject(
                steps: steps, scheduler: model.folder.scheduler.summary, guidance: guidance, modelHash: ""),
            calibration: nil),
        partition: partition,
        batching: MicroBatching(
            images: images, tokens: model.folder.denoiser.layout.rows, ranks: partition.blockCounts.count),
        wire: wire)
}
