import CachePlanning
import Checkpoints
import Engines
import Models
import Sampling
import Schedulers

extension RunIdentity {
    /// What is known of an evaluation before any weight is read.
    init(_ request: EvaluationRequest, _ model: OpenedModel) throws {
        self.init()
        let sampler = request.sampler
        add("version of omnicache", omnicacheVersion)
        add("model", model.folder.fingerprint.description)
        add("--steps", "\(sampler.steps)")
        add("--guidance", "\(sampler.guidance)")
        add("--scheduler", sampler.scheduler.summary)
        add("--policy", request.policies.map(\.name).joined(separator: " "))
        add("--budget", request.budgets.map { "\($0)" }.joined(separator: " "))
        let plans = request.plans.map { "\($0.stem) (\($0.plan.hash))" }.joined(separator: " ")
        add("--with-plan", plans.isEmpty ? "none" : plans)
        add("--images", "\(request.pairCount)")
        add("--images-for-statistics", "\(request.judgedCount)")
        add("--seed", "\(request.images.first?.seed ?? 0)")
        add("choice of pictures to write", request.keepsPictures ? "all" : "those of the sheet")
        // What has no option of its own: the whole scheduler, the labels.
        add("model's scheduler or labels", try Self.hash(of: request))
    }

    /// Adds what is known with the weights and the engine.
    mutating func add(_ model: RankModel, _ judge: Judge.Files?) {
        let engine = model.stage.engine.description
        add("model's weights", model.contentHash)
        add("decoder's weights", model.decoderHash)
        add("engine", "\(engine.name) \(engine.precision.rawValue) \(engine.kernels)")
        add("classifier", judge?.hash ?? "none")
    }

    /// Adds what is known with the plans.
    mutating func complete(_ ways: ComparedWays) throws { add("plans", try Self.hash(of: ways)) }
}
