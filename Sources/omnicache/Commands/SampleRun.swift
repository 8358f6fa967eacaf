import CachePlanning
import Checkpoints
import Engines
import Files
import Models
import RunReport
import RunTrace
import Sampling
import Schedulers
import Tensors
import Transport

/// One sampling command on this rank, from options to files.
struct SampleRun {
    /// What rank 0 makes of the options, besides the plan.
    private struct Request: Codable, Sendable {
        var alike: [AlikeImages]
        var columns: Int
        var planFile: PlanFile?

        var imageCount: Int { alike.reduce(0) { $0 + $1.images.count } }
    }

    /// Images that have been drawn alike, and what that took.
    private struct Drawn {
        var run: RunDescription
        var ranks: [RankReport]
        var decisions: DynamicDecisions?
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
        if let folder = options.keeping.folder { session.endsItself(saving: folder) }
        let target: OutputTarget? = try communicator.agreeOnErrors {
            session.isFirst ? try checkOutputs() : nil
        }
        let opened = try OpenedModel(options.model, communicator, partition: options.sharing.partition)
        var place: SamplePlace?
        let request = try communicator.decide {
            let (request, jobs) = try resolve(opened, target)
            guard let target else { preconditionFailure("SampleRun: rank 0 has no target") }
            let identity = try RunIdentity(options, request.alike, jobs, plan: request.planFile?.plan, opened)
            place = try SamplePlace(target, jobs, identity, options.keeping, session)
            return request
        }
        let initialLatents = try initialLatents(opened, count: request.imageCount)
        // Which jobs are left, and so which come first, is known when the model has been loaded.
        let trace = recorder(steps: request.alike.map(\.settings.steps).max() ?? 0)
        let model = try RankModel(
            opened, options.model,
            decodes: options.decode.decodes(
                on: communicator.rank, images: request.alike.map(\.images.count).max() ?? 0),
            tiles: options.tiling.tiles, session: session, trace: trace)
        let pending = try communicator.decide { try place?.begin(request.alike, model) ?? [] }
        defer { place?.leave() }
        let taker = place.map { pictureTaker($0, request, opened.folder) }
        if pending.isEmpty { session.say("omnicache: all jobs are done already") }
        var drawn: [Drawn] = []
        for (index, alike) in pending.enumerated() {
            drawn += try draw(
                alike, request, model, initialLatents, place, taker,
                index == 0 ? trace : recorder(steps: alike.settings.steps))
        }
        try communicator.agreeOnErrors { if let taker { try finish(taker, drawn, model) } }
    }

    private func recorder(steps: Int) -> TraceRecorder {
        TraceRecorder(
            rank: session.communicator.rank, hostName: session.communicator.hostName, stepCount: steps,
            keepsSpans: options.trace != nil)
    }

    private func pictureTaker(
        _ place: SamplePlace, _ request: Request, _ model: ModelFolder
    ) -> any PictureTaker {
        if let jobs = place.jobWriter(model) { return jobs }
        return PictureWriter(
            place.target, images: request.alike[0].images, model: model, columns: request.columns,
            keepsLatents: options.finalLatents != nil)
    }

    /// Draws images of equal steps, guidance and so plan.
    private func draw(
        _ alike: AlikeImages, _ request: Request, _ model: RankModel, _ initialLatents: [[Float]]?,
        _ place: SamplePlace?, _ taker: (any PictureTaker)?, _ trace: TraceRecorder
    ) throws -> [Drawn] {
        let communicator = session.communicator
        let settings = alike.settings
        if let note = settings.sampler.guidanceNote(model.opened) { session.say("omnicache: \(note)") }
        let planning = PlanResolution(
            model: model, session: session, settings: settings, effort: options.calibration.effort)
        let plan = try trace.span(.plan) { try planning.resolve(file: request.planFile) }
        let portions = try communicator.decide {
            let run = description(alike, plan, model)
            return try place?.states?.portions(of: alike, run, model.opened.folder.denoiser) ?? [alike]
        }
        var drawn: [Drawn] = []
        for portion in portions {
            let run = description(portion, plan, model)
            if portion.firstStep == run.steps {
                try drawFinished(portion, plan, model, place, taker)
                continue
            }
            try communicator.agreeOnErrors { try describe(run, model) }
            let recorder = drawn.isEmpty ? trace : recorder(steps: run.steps)
            let stage = try PipelineStage(
                run, stage: model.stage, communicator: communicator, trace: recorder,
                initialLatents: initialLatents.map { all in portion.numbers.map { all[$0] } },
                returnsLatents: returnsLatents,
                keeping: options.keeping.folder == nil ? nil : keeping(portion, run, place)
            ) { finished in
                let number = portion.numbers[finished.image]
                try recorder.span(.write) {
                    try taker?.take(finished, number: number, of: run)
                    if let taker, let latent = finished.latent {
                        try place?.finished(number, latent, run, taker)
                    }
                }
            }
            let progress = ProgressDisplay("sampling", isSilent: !session.isFirst)
            try stage.run { progress.show($0, of: $1) }
            if stage.isStopped { throw RunStopped(folder: options.keeping.folder ?? "") }
            drawn.append(
                Drawn(
                    run: run, ranks: try gatherReports(stage, model, recorder), decisions: stage.decisions))
        }
        return drawn
    }

    /// Makes pictures of images that an earlier start has finished, where they are not there.
    private func drawFinished(
        _ portion: AlikeImages, _ plan: CachePlan, _ model: RankModel, _ place: SamplePlace?,
        _ taker: (any PictureTaker)?
    ) throws {
        let run = description(portion, plan, model)
        let missing = try session.communicator.decide {
            try place.map { try $0.withoutPicture(portion, run, taker) } ?? portion
        }
        guard !missing.images.isEmpty else { return }
        try model.stage.decode(
            description(missing, plan, model), communicator: session.communicator,
            trace: recorder(steps: run.steps), returnsLatents: returnsLatents
        ) { image in
            guard let latent = try place?.states?.state(missing.numbers[image], run)?.tensors["latent"] else {
                preconditionFailure("SampleRun: image \(image) has no latent any more")
            }
            return latent
        } deliver: { finished in
            let number = missing.numbers[finished.image]
            try taker?.take(finished, number: number, of: run)
            if let taker, let latent = finished.latent { try place?.finished(number, latent, run, taker) }
        }
    }

    /// Whether rank 0 wants final latents: to write or to save them.
    private var returnsLatents: Bool { options.finalLatents != nil || options.keeping.folder != nil }

    private func description(_ alike: AlikeImages, _ plan: CachePlan, _ model: RankModel) -> RunDescription {
        var run = RunDescription(
            images: alike.images,
            guidance: model.opened.folder.denoiser.guidance(scale: alike.settings.guidance),
            scheduler: alike.settings.scheduler,
            plan: plan,
            partition: model.opened.partition,
            batching: MicroBatching(
                images: alike.images.count, tokens: model.opened.folder.denoiser.layout.rows,
                ranks: session.communicator.size, inFlight: options.inFlight,
                imagesPerGroup: options.microBatch.images),
            decoding: options.decode, wire: options.wire)
        run.firstStep = alike.firstStep
        return run
    }

    /// How a portion's trajectories are saved; what it holds is called on rank 0, which has the place.
    private func keeping(
        _ portion: AlikeImages, _ run: RunDescription, _ place: SamplePlace?
    ) -> TrajectoryKeeping {
        TrajectoryKeeping(every: place?.states?.every ?? 1) {
            session.isStopWanted
        } save: { state in
            try place?.states?.save(portion.numbers[state.image], before: state.step, state.tensors, run)
        } restore: { image in
            try place?.states?.state(portion.numbers[image], run)?.tensors ?? [:]
        }
    }

    /// Checks every place that will be written to, before any work is done.
    private func checkOutputs() throws -> OutputTarget {
        let target = try OutputTarget(options.output)
        guard options.jobs == nil || target.isFolder else {
            throw UsageError("--jobs writes many pictures: name a folder, as in --output out/")
        }
        let files = [
            ("--final-latents", options.finalLatents), ("--run-report", options.runReport),
            ("--trace", options.trace),
        ].compactMap { option, path in path.map { (option, $0) } }
        let journal = options.jobs.map { _ in [("--jobs", JobJournal.path(target.path))] } ?? []
        try requireDifferent(files + (target.isFolder ? journal : [("--output", options.output)]))
        if let states = options.keeping.folder {
            let keeping = options.keeping.resume == nil ? "--checkpoint" : "--resume"
            if target.isFolder {
                try requireDifferent([("--output", options.output), (keeping, states)], "folders")
            }
            for (option, path) in files where StateFolder.owns(path, in: states) {
                throw UsageError("\(option) \(path): \(keeping) has a file of this name there: name another")
            }
        }
        for (_, path) in files { try WholeFile.check(path) }
        return target
    }

    private func resolve(_ model: OpenedModel, _ target: OutputTarget?) throws -> (Request, JobFile?) {
        let planFile = try options.plan.map { try PlanFile($0) }
        let jobs = try options.jobs.map { try JobFile($0, model.folder, folder: options.output) }
        func settings(_ options: TrajectoryOptions) throws -> TrajectorySettings {
            let settings = try TrajectorySettings(options, self.options.reuse, model, plan: planFile?.plan)
            // All but the model's own hash, which is known when the weights have been read.
            if let planFile {
                try planFile.validate(
                    for: settings.subject(modelHash: planFile.plan.subject.modelHash),
                    blocks: model.folder.denoiser.blocks)
            }
            guard try self.options.keeping.folder == nil || (planFile?.plan.canBeSaved ?? settings.canBeSaved)
            else {
                throw UsageError(
                    "--policy \(settings.policy.rawValue) keeps what it reuses on several ranks, which --checkpoint "
                        + "and --resume do not save: leave them out, or choose a policy of whole steps")
            }
            return settings
        }
        if let jobs {
            let alike = try jobs.alike(options.trajectory, settings)
            return (Request(alike: alike, columns: 1, planFile: planFile), jobs)
        }
        let (images, columns) = try options.selection.resolve(model.folder, isBuiltin: model.source.isBuiltin)
        try target?.requireRoom(
            for: images.count, columns: columns,
            side: model.folder.pictureSize.width)
        let alike = AlikeImages(
            settings: try settings(options.trajectory), images: images, numbers: Array(images.indices))
        return (Request(alike: [alike], columns: columns, planFile: planFile), nil)
    }

    /// The latents to start from, [C·H·W] for each image: rank 0 reads their file, all ranks get its bytes.
    private func initialLatents(_ model: OpenedModel, count: Int) throws -> [[Float]]? {
        guard let path = options.initialLatents else { return nil }
        let communicator = session.communicator
        let bytes = try communicator.agreeOnErrors {
            session.isFirst ? try readInput(path, atMost: 1 << 30) : []
        }
        let file = MemorySource(name: path, try communicator.broadcast(bytes, from: 0))
        let shape = [count] + model.folder.denoiser.latents.extents
        return try communicator.agreeOnErrors {
            let latents = try readLatents(file, shape: shape)
            guard latents.values.allSatisfy(\.isFinite) else {
                throw ReadError(.invalid, "\(path): the latents hold NaN or infinite numbers")
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
                + "guidance \(run.plan.subject.guidance), \(counted(session.communicator.size, "rank")) of \(cut) blocks, "
                + (run.wire == .f32 || session.communicator.size == 1
                    ? "" : "\(run.wire.rawValue) between them, ")
                + "\(engine.name) \(engine.precision.rawValue), \(counted(engine.threads, "thread")) each; "
                + "\(run.firstStep > 0 ? "from step \(run.firstStep) on; " : "")run \(try run.hash)")
    }

    private func gatherReports(
        _ stage: PipelineStage, _ model: RankModel, _ trace: TraceRecorder
    ) throws(TransportError) -> [RankReport] {
        let rank = session.communicator.rank
        let blocks = model.opened.partition.blocks(of: rank)
        let own = RankReport(
            firstBlock: blocks.lowerBound, blockCount: blocks.count,
            weightBytes: model.stage.denoiser.weightBytes + (model.stage.decoder?.weightBytes ?? 0),
            receivedWeightBytes: model.receivedWeightBytes, denoiseSeconds: stage.denoiseSeconds,
            trace: trace.summary())
        return try session.communicator.gather(own, to: 0)
    }

    /// In how many tiles a picture is decoded; 1 is the whole.
    private func tileCount(_ model: ModelFolder) -> Int {
        let latents = model.denoiser.latents
        return options.tiling.tiles?.count(height: latents.height, width: latents.width) ?? 1
    }

    private func finish(_ taker: any PictureTaker, _ drawn: [Drawn], _ model: RankModel) throws {
        let path = try taker.finish()
        if let latents = options.finalLatents, let writer = taker as? PictureWriter {
            try writer.writeLatents(to: latents)
        }
        let wall = (ContinuousClock.now - start).seconds
        let reports = try drawn.map { drawn in
            try RunReport(
                command: CommandLine.arguments, model: model.opened.description, run: drawn.run,
                ranks: drawn.ranks, engine: model.stage.engine.description,
                products: model.opened.folder.denoiser.products, decodeTiles: tileCount(model.opened.folder),
                wallSeconds: wall,
                decisions: drawn.decisions)
        }
        if let file = options.runReport { try WholeFile.write(try RunReport.json(reports), to: file) }
        if let file = options.trace {
            try WholeFile.write(try chromeTrace(drawn.flatMap(\.ranks).map(\.trace)), to: file)
        }
        for report in reports { session.say("omnicache: " + report.costSentence) }
        print(path)
    }
}
