/// Euler's method in σ (Karras et al., arXiv 2206.00364, algorithm 2 without churn), as diffusers'
/// `EulerDiscreteScheduler` computes it.
///
/// The sample is x₀ + σ·ε; the model is given x/√(σ² + 1).
struct EulerScheduler: Scheduler {
    let timesteps: [Double]
    let initialNoiseScale: Float
    private let prediction: SchedulerConfiguration.PredictionType
    private let sigmas: [Float]

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SchedulerError) {
        (sigmas, timesteps) = try configuration.eulerLevels(steps: steps)
        prediction = configuration.prediction
        let highest = sigmas[0]
        initialNoiseScale =
            configuration.spacing == .leading ? (highest * highest + 1).squareRoot() : highest
    }

    func scales(beforeStep i: Int) -> (signal: Double, noise: Double) { (1, Double(sigmas[i])) }

    func inputDivisor(atStep step: Int) -> Float { (sigmas[step] * sigmas[step] + 1).squareRoot() }

    func step(
        _ step: Int, sample: inout [Float], modelOutput: [Float], variance: [Float]?, noise: [Float]?,
        history: inout SchedulerHistory
    ) {
        let (sigma, width) = (sigmas[step], sigmas[step + 1] - sigmas[step])
        let total = sigma * sigma + 1
        let ofOutput = -sigma / total.squareRoot()
        expect(modelOutput, "the model's output", of: sample)
        for index in sample.indices {
            let (x, output) = (sample[index], modelOutput[index])
            let original =
                switch prediction {
                case .epsilon, .flow: x - sigma * output
                case .velocity: output * ofOutput + x / total
                case .sample: output
                }
            sample[index] = x + (x - original) / sigma * width
        }
    }
}
