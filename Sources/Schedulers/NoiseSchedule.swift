import Platform

/// How much of the signal is left at each timestep of training.
struct NoiseSchedule: Sendable {
    /// ᾱ_t, diffusers' `alphas_cumprod`: the products of 1 − β in Double, each rounded to Float.
    let alphaBar: [Float]

    init(_ configuration: SchedulerConfiguration) throws(SchedulerError) {
        var product = 1.0
        alphaBar = try Self.betas(configuration).map { beta in
            product *= Double(1 - beta)
            return Float(product)
        }
        guard let last = alphaBar.last, last > 0 else {
            throw SchedulerError(
                "beta_end: ᾱ reaches 0 within \(alphaBar.count) timesteps of training, expected a remainder "
                    + "above 0; use smaller betas")
        }
    }

    /// diffusers' `betas`, bit for bit.
    static func betas(_ configuration: SchedulerConfiguration) throws(SchedulerError) -> [Float] {
        let count = configuration.trainTimesteps
        guard (1...1_000_000).contains(count) else {
            throw SchedulerError("num_train_timesteps: expected 1 … 1000000, found \(count)")
        }
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
