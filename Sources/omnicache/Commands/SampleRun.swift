import CachePlanning
import Checkpoints
import Engines
import Models
import RunReport
import RunTrace
import Sampling
import Schedulers
import Tensors
import Transport

/// One sampling run on this rank, from options to files.
struct SampleRun {
    /// What rank 0 makes of the options, besides the plan.
    private struct Request: Codable, Sendable {
        var settings: TrajectorySettings
        var images: [ImageRequest]
        var columns: Int
        var planFile: PlanFile?
    }

    let options: SampleCommand
    let session: RankSession
    private let start = ContinuousClock.now

    init(options: SampleCommand, session: RankSession) {
        self.options = options
        self.session = session
    }

    func perform() throws {
        let communicator = session.communicator
        let target: OutputTarget? = try communicator.agreeOnErrors {
            session.isFirst ? try checkOutputs() : nil
        }
        let opened = try OpenedModel(options.model, communicator, partition: options.sharing.partition)
        let request = try communicator.decide { try resolve(opened, target) }
        let settings = request.settings
        let initialLatents = try initialLatents(opened, count: request.images.count)
        let trace = TraceRecorder(
            rank: communicator.rank, hostName: communicator.hostName, stepCount: settings.steps,
            keepsSpans: options.trace != nil)
        let model = try RankModel(
            opened, options.model,
            decodes: options.decode.decodes(on: communicator.rank, images: request.images.count),
            session: session, trace: trace)
        let planning = PlanResolution(
            model: model, session: session, scheduler: settings.scheduler, policy: settings.policy,
            rules: settings.rules, score: settings.score, correction: settings.correction,
            modules: settings.modules,
            subject: settings.subject(modelHash: model.contentHash))
        let plan = try trace.span(.plan) { try planning.resolve(file: request.planFile) }
        let run = try communicator.decide {
            let run = RunDescription(
                images: request.images, guidance: settings.guidance, scheduler: settings.scheduler,
                plan: plan,
                partition: opened.partition,
                batching: MicroBatching(
                    images: request.images.count, tokens: opened.folder.transformer.tokens,
                    ranks: communicator.size, inFlight: options.inFlight,
                    imagesPerGroup: options.microBatch.images),
                decoding: options.decode, wire: options.wire)
            try describe(run, model)
            return run
        }
        let writer = target.map {
            PictureWriter(
                $0, run: run, model: opened.folder, columns: request.columns,
                keepsLatents: options.finalLatents != nil)
        }
        try communicator.agreeOnErrors { try target?.prepare() }
        let stage = try PipelineStage(
            run, stage: model.stage, communicator: communicator, trace: trace,
            initialLatents: initialLatents
        ) { finished in try trace.span(.write) { try writer?.take(finished) } }
        let progress = ProgressDisplay("sampling", isSilent: !session.isFirst)
        try stage.run { progress.show($0, of: $1) }
        let reports = try gatherReports(stage, model, trace)
        try communicator.agreeOnErrors {
            if let writer { try finish(writer, run, model, reports, decisions: stage.decisions) }
        }
    }

    /// Checks every place that will be written to, before any work is done.
    private func checkOutputs() throws -> OutputTarget {
        let target = try OutputTarget(options.output)
        let files = [
            ("--final-latents", options.finalLatents), ("--run-report", options.runReport),
            ("--trace", options.trace),
        ].compactMap { option, path in path.map { (option, $0) } }
        for (_, path) in files { try WholeFile.check(path) }
        try requireDifferent(files + (target.isFolder ? [] : [("--output", options.output)]))
        return target
    }

    private func resolve(_ model: OpenedModel, _ target: OutputTarget?) throws -> Request {
        let (images, columns) = try options.selection.resolve(model.folder, isBuiltin: model.source.isBuiltin)
        try target?.requireRoom(
            for: images.count, columns: columns,
            side: model.folder.transformer.sampleSize * model.folder.autoencoder.upscale)
        let planFile = try options.plan.map { try PlanFile($0) }
        let settings = try TrajectorySettings(options.trajectory, options.reuse, model, plan: planFile?.plan)
        // All but the model's own hash, which is known when the weights have been read.
        if let planFile {
            try planFile.validate(
                for: settings.subject(modelHash: planFile.plan.subject.modelHash),
                blocks: model.folder.transformer.blocks)
        }
        return Request(
            settings: settings, images: images, columns: columns, planFile: planFile)
    }

    /// The latents to start from, [C·H·W] for each image: rank 0 reads their file, all ranks get its bytes.
    private func initialLatents(_ model: OpenedModel, count: Int) throws -> [[Float]]? {
        guard let path = options.initialLatents else { return nil }
        let communicator = session.communicator
        let bytes = try communicator.agreeOnErrors {
            session.isFirst ? try readInput(path, atMost: 1 << 30) : []
        }
        let file = MemorySource(name: path, try communicator.broadcast(bytes, from: 0))
        let side = model.folder.transformer.sampleSize
        let shape = [count, model.folder.transformer.inputChannels, side, side]
        return try communicator.agreeOnErrors {
            let latents = try readLatents(file, shape: shape)
            guard latents.values.allSatisfy(\.isFinite) else {
                throw CheckpointError(.invalid, "\(path): the latents hold NaN or infinite numbers")
            }
            return (0..<count).map { latents[$0].values }
        }
    }

    private func describe(_ run: RunDescription, _ model: RankModel) throws {
        let engine = model.stage.engine.description
        let inPart = (0..<run.steps).count { run.plan.kind(of: $0) == .partial }
        let reuse =
            run.plan.dynamic.map { "threshold \($0.threshold)" }
            ?? "\(run.plan.mask.reusedCount) reused\(inPart > 0 ? ", \(inPart) in part" : "")"
        let cut = run.partition.blockCounts.map(String.init).joined(separator: ",")
        session.say(
            "omnicache: \(model.opened.folder.name), \(counted(run.images.count, "image")), \(counted(run.steps, "step")) of "
                + "\(run.scheduler.kind.rawValue) (\(run.plan.policy.rawValue): \(reuse)), "
                + "guidance \(run.guidance), \(counted(session.communicator.size, "rank")) of \(cut) blocks, "
                + (run.wire == .f32 || session.communicator.size == 1
                    ? "" : "\(run.wire.rawValue) between them, ")
                + "\(engine.name) \(engine.precision.rawValue), \(counted(engine.threads, "thread")) each; "
                + "run \(try run.hash)")
    }

    private func gatherReports(
        _ stage: PipelineStage, _ model: RankModel, _ trace: TraceRecorder
    ) throws(TransportError) -> [RankReport] {
        let rank = session.communicator.rank
        let blocks = model.opened.partition.blocks(of: rank)
        let own = RankReport(
            firstBlock: blocks.lowerBound, blockCount: blocks.count,
            weightBytes: model.stage.dit.weightBytes + (model.stage.decoder?.weightBytes ?? 0),
            receivedWeightBytes: model.receivedWeightBytes, denoiseSeconds: stage.denoiseSeconds,
            trace: trace.summary())
        return try session.communicator.gather(own, to: 0)
    }

    private func finish(
        _ writer: PictureWriter, _ run: RunDescription, _ model: RankModel, _ ranks: [RankReport],
        decisions: DynamicDecisions?
    ) throws {
        let path = try writer.finish()
        if let latents = options.finalLatents { try writer.writeLatents(to: latents) }
        let report = try RunReport(
            command: CommandLine.arguments, model: model.opened.description, run: run, ranks: ranks,
            engine: model.stage.engine.description, wallSeconds: (ContinuousClock.now - start).seconds,
            decisions: decisions)
        if let file = options.runReport { try WholeFile.write(try report.json(), to: file) }
        if let file = options.trace { try WholeFile.write(try chromeTrace(ranks.map(\.trace)), to: file) }
        session.say("omnicache: " + report.costSentence)
        print(path)
    }
}
