import CachePlanning
import Checkpoints
import Engines
import Evaluation
import Foundation
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
        let ways = try plan(request, model)
        let state: EvaluationState? = try communicator.agreeOnErrors {
            guard session.isFirst else { return nil }
            var identity = try RunIdentity(request, opened)
            try identity.complete(model, ways, judge)
            return try EvaluationState(
                options.output, identity,
                side: opened.folder.transformer.sampleSize * opened.folder.autoencoder.upscale)
        }
        describe(request, ways, model)
        var drawing = EvaluationDrawing(
            request: request, ways: ways,
            sampler: ImageSampler(model: model, guidance: request.sampler.guidance),
            judge: try communicator.agreeOnErrors { try judge?.loaded(model) }, session: session,
            state: state)
        try drawing.drawPairs()
        let shown = try communicator.decide {
            guard let state = drawing.state else { preconditionFailure("EvaluationRun: rank 0 has no state") }
            return ShownWays(ways, state)
        }
        try drawing.drawJudged(shown.inTable)
        try communicator.agreeOnErrors {
            guard let state = drawing.state, let output else { return }
            let results = EvaluationResults(
                request: request, ways: shown, state: state, model: model, judge: judge)
            try output.write(try results.table(), shown, request, state)
        }
    }

    /// Makes all plans of one calibration, on rank 0: there each rank could calibrate alone.
    private func plan(_ request: EvaluationRequest, _ model: RankModel) throws -> ComparedWays {
        try session.communicator.decide {
            let subject = request.sampler.subject(modelHash: model.contentHash)
            let blocks = model.opened.folder.transformer.blocks
            for file in request.plans { try file.validate(for: subject, blocks: blocks) }
            let calibration = ModelCalibration(
                model: model, session: session, scheduler: request.sampler.scheduler,
                subject: subject)
            var summary: CalibrationSummary?
            let count = Calibration.trajectoriesToPlan
            if request.policies.contains(where: \.needsCalibration) {
                summary =
                    try calibration.earlier(trajectories: count) ?? calibration.run(trajectories: count)
            }
            let changes =
                request.policies.contains(where: { $0.policy == .smoothcache })
                ? try calibration.moduleChanges(trajectories: count) : nil
            var rules: [PolicyName: [DynamicRule]] = [:]
            for policy in request.policies.map(\.policy) {
                guard let chooser = policy.dynamicPolicy else { continue }
                rules[policy] = try request.budgets.map { budget in
                    let reused = try SelectionRules(reuseFraction: budget).checkedBudget(
                        steps: request.sampler.steps)
                    return try calibration.rule(
                        of: chooser, costing: request.sampler.steps - reused, trajectories: count)
                }
            }
            return try ComparedWays(
                request, model.opened.folder.transformer, modelHash: model.contentHash, calibration: summary,
                changes: changes, rules: rules
            ) { try calibration.bestForecast(for: $0, summary) }
        }
    }

    private func describe(_ request: EvaluationRequest, _ ways: ComparedWays, _ model: RankModel) {
        let engine = model.stage.engine.description
        session.say(
            "omnicache: \(model.opened.folder.name), \(counted(ways.compared.count, "way")) of sampling beside "
                + "the references, \(counted(request.pairCount, "image")) in pairs, \(request.judgedCount) judged, "
                + "\(counted(request.sampler.steps, "step")) of \(request.sampler.scheduler.kind.rawValue), "
                + "guidance \(request.sampler.guidance), \(counted(session.communicator.size, "rank")), "
                + "\(engine.name) \(engine.precision.rawValue), \(counted(engine.threads, "thread")) each")
    }
}
