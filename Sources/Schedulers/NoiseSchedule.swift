import Platform

/// √ᾱ and √(1 − ᾱ): the factors of x₀ and of ε in a sample of the variance-preserving process.
func preservedVariance(_ alphaBar: Float) -> (signal: Double, noise: Double) {
    (Double(alphaBar).squareRoot(), (1 - Double(alphaBar)).squareRoot())
}

/// How much of the signal is left at each timestep of training.
struct NoiseSchedule: Sendable {
    /// ᾱ_t, diffusers' `alphas_cumprod`: the products of 1 − β in Double, each rounded to Float.
    let alphaBar: [Float]

    init(_ configuration: SchedulerConfiguration) throws(SchedulerError) {
        let betas = try Self.betas(configuration)
        let trained = Self.products(betas.map { 1 - $0 })
        guard let last = trained.last, last > 0 else {
            throw SchedulerError(
                "beta_end: ᾱ reaches 0 within \(trained.count) timesteps of training, expected a remainder "
                    + "above 0; use smaller betas")
        }
        alphaBar = configuration.endsAtNoise ? try Self.endingAtZero(trained) : trained
    }

    /// The products of a prefix in Double, each rounded to Float, as `torch.cumprod`.
    private static func products(_ factors: [Float]) -> [Float] {
        var product = 1.0
        return factors.map { factor in
            product *= Double(factor)
            return Float(product)
        }
    }

    /// √ᾱ moved so that the last one is 0, and stretched so that the first one stays (Lin et al., arXiv 2305.08891,
    /// algorithm 1); by way of the betas, as diffusers' `rescale_zero_terminal_snr`.
    private static func endingAtZero(_ alphaBar: [Float]) throws(SchedulerError) -> [Float] {
        let signals = alphaBar.map { $0.squareRoot() }
        guard let first = signals.first, let last = signals.last, first > last else {
            throw SchedulerError(
                "rescale_betas_zero_snr: expected 2 timesteps of training or more, found \(alphaBar.count)")
        }
        let scale = first / (first - last)
        let squares = signals.map { signal in
            let moved = (signal - last) * scale
            return moved * moved
        }
        let ratios = [squares[0]] + zip(squares.dropFirst(), squares).map { $0 / $1 }
        // Through β and back, which rounds.
        return products(ratios.map { 1 - (1 - $0) })
    }

    /// diffusers' `betas`, bit for bit.
    static func betas(_ configuration: SchedulerConfiguration) throws(SchedulerError) -> [Float] {
        let count = configuration.trainTimesteps
        let betas: [Float]
        let (first, last) = (configuration.betaStart, configuration.betaEnd)
        if let trained = configuration.trainedBetas {
            guard trained.count == count else {
                throw SchedulerError(
                    "trained_betas: expected \(count) numbers, one per num_train_timesteps, "
                        + "found \(trained.count)")
            }
            betas = trained.map { Float($0) }
        } else {
            switch configuration.betaSchedule {
            case .linear:
                betas = evenly(from: Float(first), to: Float(last), count: count)
            case .scaledLinear:
                betas = evenly(
                    from: Float(first.squareRoot()), to: Float(last.squareRoot()), count: count
                ).map { $0 * $0 }
            case .squaredCosine:
                betas = squaredCosine(count: count)
            }
        }
        if let index = betas.firstIndex(where: { !($0 > 0 && $0 < 1) }) {
            throw SchedulerError(
                "beta of timestep \(index): expected a number between 0 and 1, found \(betas[index]); "
                    + "see beta_start, beta_end and trained_betas")
        }
        return betas
    }

    /// `torch.linspace` in Float: from either end to the middle, each element with one rounding.
    private static func evenly(from first: Float, to last: Float, count: Int) -> [Float] {
        guard count > 1 else { return [first] }
        let increment = (last - first) / Float(count - 1)
        return (0..<count).map { index in
            index < count / 2
                ? Float(Double(first) + Double(increment) * Double(index))
                : Float(Double(last) - Double(increment) * Double(count - 1 - index))
        }
    }

    /// Nichol and Dhariwal's cosine (arXiv 2102.09672, equation 17), β at most 0.999.
    private static func squaredCosine(count: Int) -> [Float] {
        func alphaBar(_ time: Double) -> Double {
            let cosine = cos((time + 0.008) / 1.008 * Double.pi / 2)
            return cosine * cosine
        }
        return (0..<count).map { index in
            let ratio = alphaBar(Double(index + 1) / Double(count)) / alphaBar(Double(index) / Double(count))
            return Float(min(1 - ratio, 0.999))
        }
    }
}
