import Platform

/// How much of x₀ and of ε a sample holds, as a solver takes it.
struct NoiseLevel: Sendable {
    /// σ of the schedule: noise/signal of a variance-preserving process, the noise itself of a flow.
    let sigma: Float
    let signal: Float
    let noise: Float
    /// log(signal/noise).
    let lambda: Float

    /// A level of the variance-preserving process, whose squares sum to 1, from noise/signal.
    init(ratio: Float) {
        let signal = 1 / (ratio * ratio + 1).squareRoot()
        self.init(sigma: ratio, signal: signal, noise: ratio * signal)
    }

    /// A level of a flow, x = (1 − σ)·x₀ + σ·ε.
    init(flow sigma: Float) {
        self.init(sigma: sigma, signal: 1 - sigma, noise: sigma)
    }

    /// Factors of x₀ and of ε.
    var scales: (signal: Double, noise: Double) { (Double(signal), Double(noise)) }

    private init(sigma: Float, signal: Float, noise: Float) {
        self.sigma = sigma
        self.signal = signal
        self.noise = noise
        lambda = log(signal) - log(noise)
    }
}
