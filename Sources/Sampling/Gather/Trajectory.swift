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
    /// A step's noise, [C·H·W], where one has drawn it.
    private var noise: [Float]?
    /// The error that reuse would have made at the last computed step: what the correction starts from.
    private var reuseError: [Float] = []
    private var knowsReuseError = false
    /// The last computed step's output, [C·H·W], where the correction looks back at it.
    private(set) var lastOutput: [Float]?

    /// A trajectory at its start: noise of the image's seed, or the given latent.
    ///
    /// The seed's first draw is taken either way, so that later draws are the same.
    /// - Parameter scale: what the scheduler wants either multiplied by.
    init(seed: UInt64, count: Int, initial: [Float]?, scale: Float = 1) {
        generator = TorchGenerator(seed: seed)
        let noise = generator.normals(count)
        latent = (initial ?? noise).map { $0 * scale }
    }

    /// What the scheduler remembers, in its order.
    var remembered: [[Float]] { history.arrays }

    /// A trajectory before a later, computed step: its generator is where the steps before have left it.
    ///
    /// The error of reuse is not among what it goes on from: a computed step measures it anew.
    /// - Parameter lastOutput: the last computed step's output, where the correction asks for it.
    init(
        seed: UInt64, before step: Int, latent: [Float], remembered: [[Float]], lastOutput: [Float]?,
        by scheduler: any Scheduler
    ) {
        generator = TorchGenerator(seed: seed)
        self.latent = latent
        history = SchedulerHistory(arrays: remembered)
        self.lastOutput = lastOutput
        _ = generator.normals(latent.count)
        for step in 0..<step {
            for _ in 0..<scheduler.noiseDraws(atStep: step) { _ = generator.normals(latent.count) }
        }
    }

    /// Takes the step of a computed prediction.
    /// - Parameter shadow: what reuse would have predicted here, if the correction wants to know.
    mutating func advance(
        _ step: Int, computed: Prediction, shadow: Prediction?, source: CorrectionSource,
        through hook: OutputHook, by scheduler: any Scheduler
    ) {
        switch source {
        case .none: break
        case .shadow: learn(from: shadow?.output, computed.output)
        case .previousOutput:
            learn(from: lastOutput, computed.output)
            lastOutput.copy(computed.output)
        }
        update(step, hook.computed(computed), scheduler)
    }

    private mutating func learn(from reused: [Float]?, _ computed: [Float]) {
        knowsReuseError = reused != nil
        guard let reused else { return }
        if reuseError.count != computed.count { reuseError = Array(repeating: 0, count: computed.count) }
        for index in computed.indices { reuseError[index] = reused[index] - computed[index] }
    }

    /// Makes of a reused prediction what its step takes.
    func correct(_ reused: inout Prediction, step: Int, through hook: OutputHook) {
        hook.correct(&reused, step: step, reuseError: knowsReuseError ? reuseError : nil)
    }

    /// Takes the step of a reused prediction, corrected.
    mutating func advance(_ step: Int, corrected: Prediction, by scheduler: any Scheduler) {
        update(step, corrected, scheduler)
    }

    private mutating func update(_ step: Int, _ prediction: Prediction, _ scheduler: any Scheduler) {
        let draws = scheduler.noiseDraws(atStep: step)
        if draws > 0 {
            // Taken out, so that the only reference is written in place.
            var drawn = noise.take() ?? Array(repeating: 0, count: latent.count)
            for _ in 0..<draws { generator.drawNormals(into: &drawn) }
            noise = drawn
        }
        scheduler.step(
            step, sample: &latent, modelOutput: prediction.output, variance: prediction.variance,
            noise: draws > 0 ? noise : nil, history: &history)
    }
}
