import CachePlanning
import Schedulers

/// What the model says of one image at one step, guidance done.
struct Prediction {
    /// [C·H·W], what the scheduler takes.
    var output: [Float]
    /// [C·H·W], the variance's coefficients of the conditional branch, if the model has them.
    var variance: [Float]?

    /// Whether all that a step takes is numbers.
    /// - Parameter withVariance: whether the step takes the variance too.
    func isFinite(withVariance: Bool) -> Bool {
        output.allSatisfy(\.isFinite) && (!withVariance || variance?.allSatisfy(\.isFinite) ?? true)
    }
}

/// One image on its way from noise to latent, with all that its next step depends on.
struct Trajectory {
    /// The latent, [C·H·W].
    private(set) var latent: [Float]
    private var history = SchedulerHistory()
    private var generator: TorchGenerator
    /// The error that reuse would have made at the last computed step: what the correction starts from.
    private var reuseError: [Float]?
    /// The last computed step's prediction.
    private(set) var lastComputed: Prediction?

    /// A trajectory at its start: noise of the image's seed, or the given latent.
    ///
    /// The seed's first draw is taken either way, so that later draws are the same.
    init(seed: UInt64, count: Int, initial: [Float]?) {
        generator = TorchGenerator(seed: seed)
        let noise = generator.normals(count)
        latent = initial ?? noise
    }

    /// x₀ as the last step predicted it, where the scheduler remembers it.
    var previousOriginal: [Float]? { history.previousOriginal }

    /// A trajectory before a later, computed step: its generator is where the steps before have left it.
    ///
    /// The error of reuse is not among what it goes on from: a computed step measures it anew.
    /// - Parameter lastOutput: the last computed step's output, where the correction asks for it.
    init(
        seed: UInt64, before step: Int, latent: [Float], previousOriginal: [Float]?, lastOutput: [Float]?,
        by scheduler: any Scheduler
    ) {
        generator = TorchGenerator(seed: seed)
        self.latent = latent
        history = SchedulerHistory(previousOriginal: previousOriginal)
        lastComputed = lastOutput.map { Prediction(output: $0) }
        _ = generator.normals(latent.count)
        for step in 0..<step where scheduler.drawsNoise(atStep: step) { _ = generator.normals(latent.count) }
    }

    /// Takes the step of a computed prediction.
    /// - Parameter shadow: what reuse would have predicted here, if the correction wants to know.
    mutating func advance(
        _ step: Int, computed: Prediction, shadow: Prediction?, source: CorrectionSource,
        through hook: OutputHook, by scheduler: any Scheduler
    ) {
        switch source {
        case .none: break
        case .shadow: reuseError = shadow.map { zip($0.output, computed.output).map { $0 - $1 } }
        case .previousOutput:
            reuseError = lastComputed.map { zip($0.output, computed.output).map { $0 - $1 } }
        }
        lastComputed = computed
        update(step, hook.computed(computed), scheduler)
    }

    /// A reused prediction as its step takes it.
    func corrected(_ reused: Prediction, step: Int, through hook: OutputHook) -> Prediction {
        hook.reused(reused, step: step, reuseError: reuseError)
    }

    /// Takes the step of a reused prediction, corrected.
    mutating func advance(_ step: Int, corrected: Prediction, by scheduler: any Scheduler) {
        update(step, corrected, scheduler)
    }

    private mutating func update(_ step: Int, _ prediction: Prediction, _ scheduler: any Scheduler) {
        let noise = scheduler.drawsNoise(atStep: step) ? generator.normals(latent.count) : nil
        latent = scheduler.step(
            step, sample: latent, modelOutput: prediction.output, variance: prediction.variance, noise: noise,
            history: &history)
    }
}
