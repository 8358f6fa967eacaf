import CachePlanning

/// Records what forecasts of every order would get wrong under a mask, in a run that computes every step.
final class ForecastObserver: GatherObserver {
    private let mask: ReuseMask
    /// Of each image.
    private(set) var errors: [ForecastErrors]

    var residualDepth: Int { ResidualForecast.highestOrder + 1 }

    init(_ mask: ReuseMask, images: Int) {
        self.mask = mask
        errors = Array(repeating: ForecastErrors(mask), count: images)
    }

    /// A forecast of each order that enough residuals are known for, under its order + 1.
    func probes(at step: Int, remembered: [Int]) -> [Int: [Float]]? {
        (0...ResidualForecast.highestOrder).reduce(into: [:]) { probes, order in
            let weights = ResidualForecast.weights(at: step, through: remembered, order: order)
            // With fewer residuals it is the forecast of a lower order, as it will be in a run.
            if !weights.isEmpty { probes[order + 1] = weights }
        }
    }

    func keepsResidual(of step: Int) -> Bool { mask.computed[step] }

    func observe(
        image: Int, step: Int, latent: [Float], computed: Prediction, reused: [Int: Prediction]
    ) -> Prediction {
        let forecasts = reused.reduce(into: [:]) { $0[$1.key - 1] = $1.value.output }
        errors[image].record(step: step, computed: computed.output, forecasts: forecasts)
        return computed
    }

    let watchesGrowth = false
    func observe(image: Int, step: Int, residualGrowth: Double) {}
    func observe(image: Int, finished latent: [Float]) { errors[image].final = latent }
}

/// Keeps the final latents of a run.
final class FinalLatents: GatherObserver {
    private(set) var latents: [[Float]]

    /// As deep as the plan wants it.
    var residualDepth: Int { 1 }

    init(images: Int) { latents = Array(repeating: [], count: images) }

    func probes(at step: Int, remembered: [Int]) -> [Int: [Float]]? { nil }
    func keepsResidual(of step: Int) -> Bool { true }
    func observe(
        image: Int, step: Int, latent: [Float], computed: Prediction, reused: [Int: Prediction]
    ) -> Prediction { computed }
    let watchesGrowth = false
    func observe(image: Int, step: Int, residualGrowth: Double) {}
    func observe(image: Int, finished latent: [Float]) { latents[image] = latent }
}
