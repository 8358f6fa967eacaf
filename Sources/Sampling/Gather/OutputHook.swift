import CachePlanning
import Models

/// What a plan does to guided predictions before the scheduler takes them; the one place where that happens.
///
/// The noise that reuse has put into a reused prediction is taken off (OmniCache, arXiv 2508.16212), and every
/// prediction is multiplied by the plan's output scale (EB-Cache, arXiv 2503.07120, which divides by δ = 0.965).
struct OutputHook {
    private let corrector: NoiseCorrector
    private let scale: Float

    init(_ corrector: NoiseCorrector, scale: Double = 1) {
        self.corrector = corrector
        self.scale = Float(scale)
    }

    init(_ context: StageContext) {
        let plan = context.run.plan
        let latents = context.latents
        self.init(
            NoiseCorrector(
                plan.correction, channels: latents.channels * latents.frames, height: latents.height,
                width: latents.width),
            scale: plan.outputScale)
    }

    /// A computed prediction as the scheduler takes it.
    func computed(_ prediction: Prediction) -> Prediction {
        var taken = prediction
        applyScale(to: &taken)
        return taken
    }

    /// Makes of a reused prediction what the scheduler takes.
    /// - Parameter reuseError: what reuse got wrong at the last computed step, [C·H·W], where that is known.
    func correct(_ reused: inout Prediction, step: Int, reuseError: [Float]?) {
        if let reuseError { corrector.correct(&reused.output, step: step, lastQ: reuseError) }
        applyScale(to: &reused)
    }

    private func applyScale(to prediction: inout Prediction) {
        if scale == 1 { return }
        for index in prediction.output.indices { prediction.output[index] *= scale }
    }
}
