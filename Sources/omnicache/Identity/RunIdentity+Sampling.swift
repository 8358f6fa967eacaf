import CachePlanning
import Checkpoints
import Engines
import Models
import Sampling
import Schedulers

extension RunIdentity {
    /// What is known of a sampling command before any weight is read.
    init(
        _ options: SampleCommand, _ alike: [AlikeImages], _ jobs: JobFile?, plan: CachePlan?,
        _ model: OpenedModel
    ) throws {
        self.init()
        let settings = alike[0].settings
        add("version of omnicache", omnicacheVersion)
        add("model", model.folder.fingerprint.description)
        if let jobs {
            add("job file", jobs.hash)
        } else {
            add("choice of images", try Self.hash(of: alike.map(\.images)))
        }
        add("--scheduler", settings.scheduler.summary)
        add("--policy", settings.policy.rawValue)
        add("--initial-latents", try options.initialLatents.map { try Self.hash(ofFile: $0) } ?? "none")
        add("--vae-tiling", options.tiling.vaeTiling.rawValue)
        add("--plan", plan?.hash ?? "none")
        add("--quick-calibration", "\(options.calibration.quickCalibration)")
        add("--steps", alike.map { "\($0.settings.steps)" }.joined(separator: " "))
        add("--guidance", alike.map { "\($0.settings.guidance)" }.joined(separator: " "))
        // What has no option of its own: the whole scheduler, the rules of reuse.
        add("choice of what to reuse, or scheduler", try Self.hash(of: alike.map(\.settings)))
    }

    /// Adds what is known with the weights and the engine; not the kernels, which may differ between hosts.
    mutating func complete(_ model: RankModel) {
        let engine = model.stage.engine.description
        add("model's weights", model.contentHash)
        add("decoder's weights", model.decoderHash)
        add("engine", "\(engine.name) \(engine.precision.rawValue)")
    }
}
