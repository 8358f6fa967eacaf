import CachePlanning
import Checkpoints
import Engines
import Evaluation
import Files
import Foundation
import Models
import RunTrace
import Sampling
import Schedulers
import Transport

/// One evaluation on this rank, from options to files.
///
/// Every rank holds the whole model and draws its share of each chunk of images by itself; rank 0 collects what was
/// measured. An image is the same whoever draws it beside whichever others, so the numbers do not depend on the
/// number of ranks or on the chunks.
struct EvaluationRun {
    let options: EvaluateCommand
    let session: RankSession

    init(options: EvaluateCommand, session: RankSession) {
        self.options = options
        self.session = session
    }

    func perform() throws {
        let communicator = session.communicator
        let output: EvaluationOutput? = try communicator.agreeOnErrors {
            session.isFirst ? try EvaluationOutput(options) : nil
        }
        let opened = try OpenedModel(
            options.model, communicator, pipelineRanks: 1,
            further: options.imagesForStatistics > 0 ? Judge.Files.names : [])
        let judge = try communicator.agreeOnErrors { try Judge.Files(opened, options) }
        try communicator.requireEqual(judge?.hash) { place, _, _ in
            "\(place) has another classifier than rank 0: copy one model to all hosts"
        }
        let request = try communicator.decide {
            let request = try EvaluationRequest(options, opened, bringsClassifier: judge != nil)
            try EvaluationState.check(options.output, try RunIdentity(request, opened))
            return request
        }
        let trace = TraceRecorder(rank: communicator.rank, hostName: communicator.hostName, stepCount: 0)
        let model = try RankModel(
            opened, options.model, decodes: true, session: session, pipeline: SingleRank(), trace: trace)
        let loaded = try communicator.agreeOnErrors { try judge?.loaded(model) }
        var begun = try RunIdentity(request, opened)
        begun.add(model, judge)
        let identity = begun
        let locks: [FolderLock] = try communicator.agreeOnErrors {
            guard let output else { return [] }
            let subject = request.sampler.subject(modelHash: model.contentHash)
            let blocks = model.opened.folder.denoiser.blocks
            for file in request.plans { try file.validate(for: subject, blocks: blocks) }
            return try output.folders.map { folder in
                try WholeFile.makeFolder(folder)
                return try session.lock(folder)
            }
        }
        defer { withExtendedLifetime(locks) {} }
        let ways = try search(request, model, identity)
        let state: EvaluationState? = try communicator.agreeOnErrors {
            guard session.isFirst else { return nil }
            var whole = identity
            try whole.complete(ways)
            return try EvaluationState(
                options.output, whole, request,
                side: opened.folder.pictureSize.width,
                features: loaded?.featureCount)
        }
        describe(request, ways, model)
        var drawing = EvaluationDrawing(
            request: request, ways: ways,
            sampler: ImageSampler(model: model, guidance: request.sampler.guidance),
            judge: loaded, session: session, state: state)
        try drawing.drawPairs()
        try drawing.drawJudged([ways.uncached] + ways.compared)
        try communicator.agreeOnErrors {
            guard let state = drawing.state, let output else { return }
            let results = EvaluationResults(
                request: request, ways: ways, state: state, model: model, judge: judge)
            try output.write(
                try results.table(), ways, request, state, afterEach: { communicator.progress?() })
        }
    }

    /// Finds all ways on rank 0: there each rank could calibrate alone.
    private func search(
        _ request: EvaluationRequest, _ model: RankModel, _ identity: RunIdentity
    ) throws -> ComparedWays {
        try session.communicator.decide {
            let kept = try KeptWays(options.output, identity)
            return try ComparedWays(try WaySearch(request, model, session, kept: kept))
        }
    }

    private func describe(_ request: EvaluationRequest, _ ways: ComparedWays, _ model: RankModel) {
        let engine = model.stage.engine.description
        if let note = request.sampler.guidanceNote(model.opened) { session.say("omnicache: \(note)") }
        session.say(
            "omnicache: \(model.opened.folder.name), \(counted(ways.compared.count, "way")) of sampling beside "
                + "the references, \(counted(request.pairCount, "image")) in pairs, \(request.judgedCount) judged, "
                + "\(counted(request.sampler.steps, "step")) of \(request.sampler.scheduler.kind.rawValue), "
                + "guidance \(request.sampler.guidance), \(counted(session.communicator.size, "rank")), "
                + "\(engine.name) \(engine.precision.rawValue), \(counted(engine.threads, "thread")) each")
    }
}
